/// The plan of [`scan`]: its steps and their weights, before any run.
#[allow(dead_code, unreachable_pub)]
#[must_use]
const fn scan_plan() -> &'static progress_runtime::__private::Plan {
    use progress_runtime::__private as __rt;
    const {
        &__rt::Plan::new(
            "scan",
            "Scan",
            __rt::StepList::new(
                    10,
                    const {
                        &[
                            __rt::PlanStep::new("scan", "Scanning", 30),
                            __rt::PlanStep::new("chosen", "Choosing", 60),
                        ]
                    },
                )
                .with_ranges(),
        )
    }
}
fn scan(
    found: Option<u32>,
    progress: Progress,
) -> impl progress_runtime::__private::core::future::Future<
    Output = Result<u32, Error>,
> {
    use progress_runtime::__private as __rt;
    let __returns = progress_runtime::__private::returns!(Result < u32, Error >);
    let (__root, mut __steps) = __rt::begin(progress, scan_plan(), &__returns);
    __rt::Workflow::new(
        __root,
        async move {
            #[allow(unreachable_code, clippy::diverging_sub_expression)]
            if false {
                return __rt::unreachable::<Result<u32, Error>>();
            }
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
            let found = found;
            '__stopped: {
                let __value: Result<u32, Error> = {
                    {
                        __steps.enter(0);
                        if let Some(found) = found {
                            #[allow(unused_mut)]
                            let mut progress = __steps.start(0);
                            match {
                                scan_files(found, progress).await?;
                            } {
                                __value => {
                                    __steps.close(0);
                                    __value
                                }
                            }
                        } else {
                            {
                                __steps
                                    .skip(0, __rt::core::format_args!("nothing was found"));
                            }
                        }
                    }
                    let chosen = {
                        if __steps.must_stop() {
                            break '__stopped;
                        }
                        __steps.enter(1);
                        match found {
                            Some(few) if few < 10 => {
                                #[allow(unused_mut)]
                                let mut progress = __steps.start(1);
                                choose(few, progress).await?
                            }
                            Some(_) => {
                                __steps.skip(1, __rt::core::format_args!(""));
                                log("too many");
                                10
                            }
                            None => {
                                __steps.skip(1, __rt::core::format_args!(""));
                                0
                            }
                        }
                    };
                    #[allow(unreachable_code)]
                    {
                        __steps.close(1);
                    }
                    Ok(chosen)
                };
                #[allow(unreachable_code)] return __value;
            }
            #[allow(unreachable_code)]
            return __rt::interrupted(
                progress_runtime::__private::interrupt!(Result < u32, Error >),
            );
        },
        __returns,
    )
}
