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
                    ]
                },
            ),
        )
    }
}
fn fetch(
    url: &str,
    progress: Progress,
) -> impl ::core::future::Future<Output = Result<Page, Error>> {
    use progress_runtime::__private as __rt;
    let __returns = progress_runtime::__private::returns!(Result < Page, Error >);
    let (__root, mut __steps) = __rt::begin(progress, fetch_plan(), &__returns);
    __rt::Workflow::new(
        __root,
        async move {
            if false {
                return __rt::unreachable::<Result<Page, Error>>();
            }
            let url = url;
            '__stopped: {
                let __value: Result<Page, Error> = {
                    let page = {
                        __steps.enter(0);
                        let mut __retry = __steps
                            .retry(0, ExponentialBuilder::default());
                        let __value = loop {
                            #[allow(unused_mut)]
                            let mut progress = __retry.attempt();
                            let __pause = match __rt::timeout(
                                    Duration::from_secs(30),
                                    get(url, progress),
                                )
                                .await
                            {
                                ::core::result::Result::Ok(
                                    ::core::result::Result::Ok(__value),
                                ) => break __value,
                                ::core::result::Result::Ok(
                                    ::core::result::Result::Err(__error),
                                ) => {
                                    match __retry
                                        .again(
                                            ::core::option::Option::Some(&__error)
                                                .is_some_and(|error| error.is_transient()),
                                            __rt::text!(& __error),
                                        )
                                    {
                                        ::core::option::Option::Some(__pause) => __pause,
                                        ::core::option::Option::None => {
                                            ::core::result::Result::Err(__error)?
                                        }
                                    }
                                }
                                ::core::result::Result::Err(__interrupted) => {
                                    match __retry.again(true, __rt::text!(& __interrupted)) {
                                        ::core::option::Option::Some(__pause) => __pause,
                                        ::core::option::Option::None => {
                                            ::core::result::Result::Err(
                                                __rt::timed_out::<Result<Page, Error>>(__interrupted),
                                            )?
                                        }
                                    }
                                }
                            };
                            __pause.await;
                        };
                        __steps.close(0);
                        __value
                    };
                    let told = {
                        if __steps.must_stop() {
                            break '__stopped;
                        }
                        __steps.enter(1);
                        let mut __attempt = __steps.once(1);
                        #[allow(unused_mut)]
                        let mut progress = __attempt.start();
                        let __value = match __rt::timeout(
                                Duration::from_secs(5),
                                notify(&page, progress),
                            )
                            .await
                        {
                            ::core::result::Result::Ok(__value) => __value,
                            ::core::result::Result::Err(__interrupted) => {
                                __attempt.drain().await;
                                ::core::result::Result::Err(
                                    ::core::convert::From::from(__interrupted),
                                )
                            }
                        };
                        __steps.close_with(1, __rt::failure!(& __value));
                        __value
                    };
                    Ok(page)
                };
                #[allow(unreachable_code)] return __value;
            }
            #[allow(unreachable_code)]
            return __rt::interrupted(
                progress_runtime::__private::interrupt!(Result < Page, Error >),
            );
        },
        __returns,
    )
}
