/// The plan of [`batches`]: its steps and their weights, before any run.
#[allow(dead_code, unreachable_pub)]
#[must_use]
const fn batches_plan() -> &'static progress_runtime::__private::Plan {
    use progress_runtime::__private as __rt;
    const {
        &__rt::Plan::new(
            "batches",
            "Batches",
            __rt::StepList::new(
                0,
                const {
                    &[
                        __rt::PlanStep::new(
                                "reading",
                                "Reading",
                                3,
                                __rt::Structure::Each,
                                __rt::StepList::new(0, &[]),
                            )
                            .with_item("batch"),
                        __rt::PlanStep::new(
                                "working",
                                "Working",
                                4,
                                __rt::Structure::Each,
                                __rt::StepList::new(
                                    0,
                                    const {
                                        &[
                                            __rt::PlanStep::new(
                                                "found",
                                                "Analysis",
                                                2,
                                                __rt::Structure::Sequence,
                                                __rt::StepList::new(0, &[]),
                                            ),
                                            __rt::PlanStep::new(
                                                "applying",
                                                "Applying",
                                                1,
                                                __rt::Structure::Sequence,
                                                __rt::StepList::new(0, &[]),
                                            ),
                                        ]
                                    },
                                ),
                            )
                            .with_item("batch"),
                        __rt::PlanStep::new(
                                "uploading",
                                "Uploading",
                                2,
                                __rt::Structure::Concurrent,
                                __rt::StepList::new(0, &[]),
                            )
                            .with_item("batch"),
                    ]
                },
            ),
        )
    }
}
fn batches(
    batches: Vec<Batch>,
    progress: Progress,
) -> impl ::core::future::Future<Output = Result<(), Error>> {
    use progress_runtime::__private as __rt;
    let (__root, __steps) = __rt::begin(progress, batches_plan());
    __rt::Workflow::new(
        __root,
        async move {
            if false {
                return __rt::unreachable::<Result<(), Error>>();
            }
            let __interrupt = progress_runtime::__private::interrupt!(
                Result < (), Error >
            );
            let batches = batches;
            {
                if let ::core::option::Option::Some(__stopped) = __steps
                    .stop(__interrupt)
                {
                    return __stopped;
                }
                __steps
                    .enter(0, ::core::format_args!("Reading {} batches", batches.len()));
                let __items = __rt::items(&batches);
                let mut __each = __steps
                    .each(0, __items.len(), ::core::format_args!(""));
                for batch in __items {
                    if let ::core::option::Option::Some(__stopped) = __steps
                        .stop(__interrupt)
                    {
                        return __stopped;
                    }
                    #[allow(unused_mut)]
                    let mut progress = __each.item();
                    read(batch, progress).await?;
                }
                __steps.close(0);
            }
            {
                if let ::core::option::Option::Some(__stopped) = __steps
                    .stop(__interrupt)
                {
                    return __stopped;
                }
                __steps.enter(1, ::core::format_args!("Working"));
                let __items = __rt::items(&batches);
                let mut __each = __steps
                    .each(1, __items.len(), ::core::format_args!(""));
                'batches: for batch in __items {
                    if let ::core::option::Option::Some(__stopped) = __steps
                        .stop(__interrupt)
                    {
                        return __stopped;
                    }
                    let __steps = __each.item_steps();
                    if batch.is_empty() {
                        continue 'batches;
                    }
                    let found = {
                        if let ::core::option::Option::Some(__stopped) = __steps
                            .stop(__interrupt)
                        {
                            return __stopped;
                        }
                        #[allow(unused_mut)]
                        let mut progress = __steps
                            .open(0, ::core::format_args!("Analysis"));
                        let __value = analyse(batch, progress).await?;
                        __steps.close(0);
                        __value
                    };
                    {
                        if let ::core::option::Option::Some(__stopped) = __steps
                            .stop(__interrupt)
                        {
                            return __stopped;
                        }
                        #[allow(unused_mut)]
                        let mut progress = __steps
                            .open(1, ::core::format_args!("Applying"));
                        apply(found, progress).await?;
                        __steps.close(1);
                    };
                }
                __steps.close(1);
            }
            {
                if let ::core::option::Option::Some(__stopped) = __steps
                    .stop(__interrupt)
                {
                    return __stopped;
                }
                __steps.enter(2, ::core::format_args!("Uploading"));
                let __items = __rt::items(batches);
                let mut __set = __steps
                    .concurrent::<
                        Result<(), Error>,
                        _,
                    >(2, __items.len(), 4, ::core::format_args!(""));
                for __item in __items {
                    __set.room().await?;
                    let __item = __rt::Owned::new((__item, __set.item()));
                    __set
                        .push(async {
                            #[allow(unused_mut)]
                            let (batch, mut progress) = __item.into_inner();
                            '__item: {
                                if batch.is_empty() {
                                    break '__item;
                                }
                                upload(batch, progress).await?;
                            };
                            __rt::wrap::<Result<(), Error>, ()>(())
                        });
                }
                __set.finish().await?;
                __steps.close(2);
            }
            Ok(())
        },
        progress_runtime::__private::returns!(Result < (), Error >),
    )
}
