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
                        __rt::PlanStep::new("reading", "Reading", 3)
                            .with_structure(__rt::Structure::Each)
                            .with_item("batch"),
                        __rt::PlanStep::new("working", "Working", 4)
                            .with_structure(__rt::Structure::Each)
                            .with_item("batch")
                            .with_steps(
                                __rt::StepList::new(
                                    0,
                                    const {
                                        &[
                                            __rt::PlanStep::new("found", "Analysis", 2),
                                            __rt::PlanStep::new("applying", "Applying", 1),
                                        ]
                                    },
                                ),
                            ),
                        __rt::PlanStep::new("uploading", "Uploading", 2)
                            .with_structure(__rt::Structure::Concurrent)
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
) -> impl progress_runtime::__private::core::future::Future<Output = Result<(), Error>> {
    use progress_runtime::__private as __rt;
    let __returns = progress_runtime::__private::returns!(Result < (), Error >);
    let (__root, mut __steps) = __rt::begin(progress, batches_plan(), &__returns);
    __rt::Workflow::new(
        __root,
        async move {
            #[allow(unreachable_code, clippy::diverging_sub_expression)]
            if false {
                return __rt::unreachable::<Result<(), Error>>();
            }
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
            let batches = batches;
            '__stopped: {
                let __value: Result<(), Error> = {
                    {
                        __steps
                            .set_title(
                                0,
                                __rt::core::format_args!(
                                    "Reading {} batches", batches.len()
                                ),
                            );
                        __steps.enter(0);
                        for batch in (__steps)
                            .each(0, __rt::items(&batches), __rt::core::format_args!(""))
                        {
                            if __steps.must_stop() {
                                break '__stopped;
                            }
                            read(batch, (__steps).item()).await?;
                        }
                    }
                    if __steps.close_must_stop(0) {
                        break '__stopped;
                    }
                    {
                        __steps.enter(1);
                        'batches: for batch in (__steps)
                            .each(1, __rt::items(&batches), __rt::core::format_args!(""))
                        {
                            if __steps.must_stop() {
                                break '__stopped;
                            }
                            let mut __steps = __steps.item_steps();
                            if batch.is_empty() {
                                continue 'batches;
                            }
                            if __steps.must_stop() {
                                break '__stopped;
                            }
                            let found = analyse(batch, (__steps).open(0)).await?;
                            if __steps.close_and_open_next(0) {
                                break '__stopped;
                            }
                            apply(found, (__steps).open(1)).await?;
                            if __steps.close_must_stop(1) {
                                break '__stopped;
                            }
                        }
                    }
                    if __steps.close_must_stop(1) {
                        break '__stopped;
                    }
                    {
                        __steps.enter(2);
                        match __steps
                            .concurrent::<
                                Result<(), Error>,
                                _,
                                _,
                            >(2, __rt::items(batches), 4, __rt::core::format_args!(""))
                        {
                            mut __set => {
                                while __set.next().await? {
                                    let __item = __set.item();
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
                            }
                        }
                    }
                    if __steps.close_must_stop(2) {
                        break '__stopped;
                    }
                    Ok(())
                };
                #[allow(unreachable_code)] return __value;
            }
            #[allow(unreachable_code)]
            return __rt::interrupted(
                progress_runtime::__private::interrupt!(Result < (), Error >),
            );
        },
        __returns,
    )
}
