/// The plan of [`sizes`]: its steps and their weights, before any run.
#[allow(dead_code, unreachable_pub)]
#[must_use]
const fn sizes_plan() -> &'static progress_runtime::__private::Plan {
    use progress_runtime::__private as __rt;
    const {
        &__rt::Plan::new(
            "sizes",
            "Sizes",
            __rt::StepList::new(
                0,
                const {
                    &[
                        __rt::PlanStep::new("sizes", "Reading", 3)
                            .with_structure(__rt::Structure::Each)
                            .with_item("file"),
                        __rt::PlanStep::new("hashes", "Hashing", 4)
                            .with_structure(__rt::Structure::Concurrent)
                            .with_item("file")
                            .with_steps(
                                __rt::StepList::new(
                                    0,
                                    const {
                                        &[
                                            __rt::PlanStep::new("bytes", "Reading", 2),
                                            __rt::PlanStep::new("hash", "Hashing", 1),
                                        ]
                                    },
                                ),
                            ),
                        __rt::PlanStep::new("checked", "Checking", 2)
                            .with_structure(__rt::Structure::Each)
                            .with_item("file"),
                    ]
                },
            ),
        )
    }
}
fn sizes(
    files: Vec<File>,
    progress: Progress,
) -> impl progress_runtime::__private::core::future::Future<
    Output = Result<u64, Error>,
> {
    use progress_runtime::__private as __rt;
    let __returns = progress_runtime::__private::returns!(Result < u64, Error >);
    let (__root, mut __steps) = __rt::begin(progress, sizes_plan(), &__returns);
    __rt::Workflow::new(
        __root,
        async move {
            #[allow(unreachable_code, clippy::diverging_sub_expression)]
            if false {
                return __rt::unreachable::<Result<u64, Error>>();
            }
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
            let files = files;
            #[allow(unused_mut)]
            let mut __judged0;
            '__stopped: {
                let __value: Result<u64, Error> = {
                    let sizes: Vec<_> = {
                        __steps.enter(0);
                        let mut __values = __rt::ItemValues::new();
                        for file in (__steps)
                            .each(0, __rt::items(&files), __rt::core::format_args!(""))
                        {
                            if __steps.must_stop() {
                                break '__stopped;
                            }
                            let __value = ({
                                #[allow(unused_mut)]
                                let mut progress = __steps.item();
                                if file.is_empty() {
                                    continue;
                                }
                                size(file, progress).await?
                            });
                            #[allow(unreachable_code)]
                            {
                                __values.push(__value);
                            }
                        }
                        __rt::core::iter::FromIterator::from_iter(__values)
                    };
                    if __steps.close_must_stop(0) {
                        break '__stopped;
                    }
                    let hashes = {
                        __steps.enter(1);
                        let __values = __rt::ConcurrentValues::new();
                        match __steps
                            .concurrent::<
                                Result<u64, Error>,
                                _,
                                _,
                            >(1, __rt::items(&files), 4, __rt::core::format_args!(""))
                        {
                            mut __set => {
                                while __set.next().await? {
                                    let __item = __set.item_steps();
                                    let __slot = __values.slot();
                                    __set
                                        .push(async {
                                            #[allow(unused_mut)]
                                            let (file, mut __steps) = __item.into_inner();
                                            '__item: {
                                                let __value = ({
                                                    if file.is_empty() {
                                                        break '__item;
                                                    }
                                                    let bytes = {
                                                        __steps.cancel_point().await;
                                                        read(file, (__steps).open(0)).await?
                                                    };
                                                    __steps.close(0);
                                                    let hash = {
                                                        __steps.cancel_point().await;
                                                        hash(bytes, (__steps).open(1)).await?
                                                    };
                                                    __steps.close(1);
                                                    (file.name(), hash)
                                                });
                                                #[allow(unreachable_code)]
                                                {
                                                    __slot.fill(__value);
                                                }
                                            };
                                            __rt::wrap::<Result<u64, Error>, ()>(())
                                        });
                                }
                            }
                        }
                        __rt::core::iter::FromIterator::from_iter(__values)
                    };
                    if __steps.close_must_stop(1) {
                        break '__stopped;
                    }
                    let checked: Result<(), Error> = {
                        __steps.enter(2);
                        let mut __values = __rt::ItemValues::new();
                        for file in (__steps)
                            .each(2, __rt::items(files), __rt::core::format_args!(""))
                        {
                            if __steps.must_stop() {
                                break '__stopped;
                            }
                            let __value = ({ check(file, (__steps).item()).await });
                            #[allow(unreachable_code)]
                            {
                                __values.push(__value);
                            }
                        }
                        let __value: Result<(), Error> = __rt::core::iter::FromIterator::from_iter(
                            __values,
                        );
                        __judged0 = __steps.close_judged(2, &__value);
                        __value
                    };
                    checked?;
                    Ok(total(sizes, hashes))
                };
                #[allow(unreachable_code)] return __value;
            }
            #[allow(unreachable_code)]
            return __rt::interrupted(
                progress_runtime::__private::interrupt!(Result < u64, Error >),
            );
            #[allow(unreachable_code, unused_imports, clippy::needless_borrow)]
            {
                use progress_runtime::__private::{
                    ByDebug as _, ByName as _, ByNothing as _, ByOutcome as _,
                };
                __judged0.by((&&&&__judged0.probe()).judge());
            };
        },
        __returns,
    )
}
