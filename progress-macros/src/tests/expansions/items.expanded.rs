/// The plan of [`pages`]: its steps and their weights, before any run.
#[allow(dead_code, unreachable_pub)]
#[must_use]
const fn pages_plan() -> &'static progress_runtime::__private::Plan {
    use progress_runtime::__private as __rt;
    const {
        &__rt::Plan::new(
            "pages",
            "Pages",
            __rt::StepList::new(
                0,
                const {
                    &[
                        __rt::PlanStep::new("downloading", "Downloading", 3)
                            .with_unit(const { &__rt::Unit::Bytes }),
                        __rt::PlanStep::new("read", "Reading", 4)
                            .with_structure(__rt::Structure::Each)
                            .with_item("site")
                            .with_unit(const { &__rt::Unit::named("page", "pages") }),
                        __rt::PlanStep::new("uploading", "Uploading", 2)
                            .with_structure(__rt::Structure::Concurrent)
                            .with_steps(
                                __rt::StepList::new(
                                    0,
                                    const {
                                        &[
                                            __rt::PlanStep::new("packed", "Packing", 2),
                                            __rt::PlanStep::new("sending", "Sending", 1),
                                        ]
                                    },
                                ),
                            ),
                    ]
                },
            ),
        )
    }
}
fn pages(
    sites: Vec<Site>,
    progress: Progress,
) -> impl progress_runtime::__private::core::future::Future<Output = Result<(), Error>> {
    use progress_runtime::__private as __rt;
    let __returns = progress_runtime::__private::returns!(Result < (), Error >);
    let (__root, mut __steps) = __rt::begin(progress, pages_plan(), &__returns);
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
            let sites = sites;
            '__stopped: {
                let __value: Result<(), Error> = {
                    download(&sites, (__steps).open(0)).await?;
                    if __steps.close_must_stop(0) {
                        break '__stopped;
                    }
                    {
                        __steps
                            .set_title(
                                1,
                                __rt::core::format_args!("Reading {}", sites.len()),
                            );
                        __steps.enter(1);
                        for site in (__steps)
                            .each(1, __rt::items(&sites), __rt::core::format_args!(""))
                        {
                            if __steps.must_stop() {
                                break '__stopped;
                            }
                            __steps.name_next(__rt::core::format_args!("{}", site.name));
                            read(site, (__steps).item()).await?;
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
                            >(2, __rt::items(sites), 4, __rt::core::format_args!(""))
                        {
                            mut __set => {
                                while __set.next().await? {
                                    let __item = __set.item_steps();
                                    __set
                                        .push(async {
                                            #[allow(unused_mut)]
                                            let (Site { name, pages }, mut __steps) = __item
                                                .into_inner();
                                            __steps.name_item(__rt::core::format_args!("{name}"));
                                            {
                                                let packed = {
                                                    __steps.cancel_point().await;
                                                    pack(&pages, (__steps).open(0)).await?
                                                };
                                                __steps.close(0);
                                                {
                                                    __steps.cancel_point().await;
                                                    send(&name, packed, (__steps).open(1)).await?;
                                                    __steps.close(1);
                                                };
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
