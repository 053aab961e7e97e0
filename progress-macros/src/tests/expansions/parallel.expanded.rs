/// The plan of [`media`]: its steps and their weights, before any run.
#[allow(dead_code, unreachable_pub)]
#[must_use]
const fn media_plan() -> &'static progress_runtime::__private::Plan {
    use progress_runtime::__private as __rt;
    const {
        &__rt::Plan::new(
            "media",
            "Media",
            __rt::StepList::new(
                0,
                const {
                    &[
                        __rt::PlanStep::new("generating-media", "Generating media", 1)
                            .with_structure(__rt::Structure::Parallel)
                            .with_steps(
                                __rt::StepList::new(
                                    0,
                                    const {
                                        &[
                                            __rt::PlanStep::new("previews", "Previews", 2),
                                            __rt::PlanStep::new("sprites", "Sprites", 1)
                                                .with_steps(
                                                    __rt::StepList::new(
                                                        0,
                                                        const {
                                                            &[
                                                                __rt::PlanStep::new("cut", "Cutting", 1),
                                                                __rt::PlanStep::new("joining", "Joining", 1),
                                                            ]
                                                        },
                                                    ),
                                                ),
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
fn media(
    scene: Scene,
    progress: Progress,
) -> impl progress_runtime::__private::core::future::Future<
    Output = Result<Media, Error>,
> {
    use progress_runtime::__private as __rt;
    let __returns = progress_runtime::__private::returns!(Result < Media, Error >);
    let (__root, mut __steps) = __rt::begin(progress, media_plan(), &__returns);
    __rt::Workflow::new(
        __root,
        async move {
            #[allow(unreachable_code, clippy::diverging_sub_expression)]
            if false {
                return __rt::unreachable::<Result<Media, Error>>();
            }
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
            let scene = scene;
            let __value: Result<Media, Error> = {
                let (previews, sprites) = {
                    let __branches = __steps.parallel(0);
                    let __b0 = __branches.branch(0);
                    let __b1 = __branches.branch(1);
                    let __values = __rt::parallel::<
                        Result<Media, Error>,
                        _,
                    >(
                            &__branches,
                            (
                                async {
                                    let mut __steps = __b0.into_inner();
                                    let __value = {
                                        __steps.cancel_point().await;
                                        match previews(&scene, (__steps).open(0)).await? {
                                            __value => {
                                                __steps.close(0);
                                                __value
                                            }
                                        }
                                    };
                                    __rt::wrap::<Result<Media, Error>, _>(__value)
                                },
                                async {
                                    let mut __steps = __b1.into_inner();
                                    let __value = {
                                        __steps.cancel_point().await;
                                        let __group = __steps.group(1);
                                        let __value = {
                                            let mut __steps = __group;
                                            let cut = { cut(&scene, (__steps).open(0)).await? };
                                            __steps.close(0);
                                            {
                                                __steps.cancel_point().await;
                                                match join(cut, (__steps).open(1)).await? {
                                                    __value => {
                                                        __steps.close(1);
                                                        __value
                                                    }
                                                }
                                            }
                                        };
                                        #[allow(unreachable_code)]
                                        {
                                            __steps.close(1);
                                        }
                                        __value
                                    };
                                    __rt::wrap::<Result<Media, Error>, _>(__value)
                                },
                            ),
                        )
                        .await?;
                    __steps.close(0);
                    __values
                };
                Ok(Media { previews, sprites })
            };
            #[allow(unreachable_code)] return __value;
        },
        __returns,
    )
}
