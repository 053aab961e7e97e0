/// The plan of [`fetch`]: its steps and their weights, before any run.
#[allow(dead_code, unreachable_pub)]
#[must_use]
const fn fetch_plan() -> &'static progress_runtime::__private::Plan {
    use progress_runtime::__private as __rt;
    const {
        &__rt::Plan::new(
            "fetch",
            "Fetch",
            __rt::StepList::new(
                0,
                const {
                    &[
                        __rt::PlanStep::new("page", "Fetching", 1),
                        __rt::PlanStep::new("told", "Notifying", 1),
                        __rt::PlanStep::new("storing", "Storing", 1),
                    ]
                },
            ),
        )
    }
}
fn fetch(
    url: &str,
    progress: Progress,
) -> impl progress_runtime::__private::core::future::Future<
    Output = Result<Page, Error>,
> {
    use progress_runtime::__private as __rt;
    let __returns = progress_runtime::__private::returns!(Result < Page, Error >);
    let (__root, mut __steps) = __rt::begin(progress, fetch_plan(), &__returns);
    __rt::Workflow::new(
        __root,
        async move {
            #[allow(unreachable_code, clippy::diverging_sub_expression)]
            if false {
                return __rt::unreachable::<Result<Page, Error>>();
            }
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
            let url = url;
            #[allow(unused_mut)]
            let mut __judged0;
            '__stopped: {
                let __value: Result<Page, Error> = {
                    let page = {
                        __steps.enter(0);
                        __steps.retry(0, ExponentialBuilder::default());
                        loop {
                            #[allow(unused_mut)]
                            let mut progress = __steps.attempt();
                            let __pause = match __rt::timeout(
                                    Duration::from_secs(30),
                                    get(url, progress),
                                )
                                .await
                            {
                                __rt::core::result::Result::Ok(
                                    __rt::core::result::Result::Ok(__value),
                                ) => break __value,
                                __rt::core::result::Result::Ok(
                                    __rt::core::result::Result::Err(__error),
                                ) => {
                                    match __steps
                                        .again(
                                            __rt::core::option::Option::Some(&__error)
                                                .is_some_and(|error| error.is_transient()),
                                            __rt::text!(& __error),
                                        )
                                    {
                                        __rt::core::option::Option::Some(__pause) => __pause,
                                        __rt::core::option::Option::None => {
                                            __rt::core::result::Result::Err(__error)?
                                        }
                                    }
                                }
                                __rt::core::result::Result::Err(__interrupted) => {
                                    match __steps.again(true, __rt::text!(& __interrupted)) {
                                        __rt::core::option::Option::Some(__pause) => __pause,
                                        __rt::core::option::Option::None => {
                                            __rt::core::result::Result::Err(
                                                __rt::timed_out::<Result<Page, Error>>(__interrupted),
                                            )?
                                        }
                                    }
                                }
                            };
                            __pause.await;
                        }
                    };
                    if __steps.close_must_stop(0) {
                        break '__stopped;
                    }
                    let told = {
                        __steps.enter(1);
                        let __value = {
                            match __rt::limited(
                                    Duration::from_secs(5),
                                    notify(&page, (__steps).attempt_once(1)),
                                    &mut __steps,
                                    __rt::core::convert::identity,
                                )
                                .await
                            {
                                __rt::core::result::Result::Ok(
                                    __rt::core::result::Result::Ok(__value),
                                ) => __rt::core::result::Result::Ok(__value),
                                __rt::core::result::Result::Ok(
                                    __rt::core::result::Result::Err(__error),
                                ) => __rt::core::result::Result::Err(__error),
                                __rt::core::result::Result::Err(__interrupted) => {
                                    __rt::core::result::Result::Err(
                                        __rt::core::convert::From::from(__interrupted),
                                    )
                                }
                            }
                        };
                        __judged0 = __steps.close_judged(1, &__value);
                        __value
                    };
                    if __steps.must_stop() {
                        break '__stopped;
                    }
                    {
                        __steps.enter(2);
                        __steps.retry(2, ExponentialBuilder::default());
                        loop {
                            if let __rt::core::option::Option::Some(__value) = __rt::attempted(
                                    store(&page, (__steps).attempt()),
                                    &mut __steps,
                                    |__result| match __result {
                                        __rt::core::result::Result::Err(
                                            __error,
                                        ) if __rt::core::option::Option::Some(__error)
                                            .is_some_and(|error| error.is_transient()) => {
                                            __rt::core::option::Option::Some(__rt::text!(__error))
                                        }
                                        _ => __rt::core::option::Option::None,
                                    },
                                )
                                .await
                            {
                                break __value?;
                            }
                        }
                    };
                    if __steps.close_must_stop(2) {
                        break '__stopped;
                    }
                    Ok(page)
                };
                #[allow(unreachable_code)] return __value;
            }
            #[allow(unreachable_code)]
            return __rt::interrupted(
                progress_runtime::__private::interrupt!(Result < Page, Error >),
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
