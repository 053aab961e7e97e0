/// The plan of [`publish`]: its steps and their weights, before any run.
#[allow(dead_code, unreachable_pub)]
#[must_use]
pub const fn publish_plan() -> &'static progress_runtime::__private::Plan {
    use progress_runtime::__private as __rt;
    const __WEIGHT_0: u32 = COLLECTING;
    const _: () = __rt::core::assert!(
        __WEIGHT_0 > 0, "a step's weight must be greater than 0"
    );
    const _: () = __rt::core::assert!(
        __WEIGHT_0 as u64 + 2 as u64 + 1 as u64 <= u32::MAX as u64,
        "the weights add up to more than u32 holds"
    );
    const {
        &__rt::Plan::new(
            "publish",
            "Publish",
            __rt::StepList::new(
                0,
                const {
                    &[
                        __rt::PlanStep::new("lines", "Collecting", __WEIGHT_0),
                        __rt::PlanStep::new("printed", "Printing", 2),
                        __rt::PlanStep::new("tidying-up", "Tidying up", 1),
                    ]
                },
            ),
        )
    }
}
/// Publishes a report.
pub fn publish(
    &self,
    __arg1: (&str, u32),
    progress: Progress,
) -> impl progress_runtime::__private::core::future::Future<
    Output = Result<Report, Error>,
> {
    use progress_runtime::__private as __rt;
    let __returns = progress_runtime::__private::returns!(Result < Report, Error >);
    let (__root, mut __steps) = __rt::begin(progress, Self::publish_plan(), &__returns);
    __rt::Workflow::new(
        __root,
        async move {
            #[allow(unreachable_code, clippy::diverging_sub_expression)]
            if false {
                return __rt::unreachable::<Result<Report, Error>>();
            }
            let __arg1 = __arg1;
            let (name, copies) = __arg1;
            #[allow(unused_mut)]
            let mut __judged0;
            #[allow(unused_mut)]
            let mut __judged1;
            '__stopped: {
                let __value: Result<Report, Error> = {
                    let lines = {
                        __steps
                            .set_title(0, __rt::core::format_args!("Collecting {name}"));
                        self.collect(name, (__steps).open(0)).await?
                    };
                    if __steps.close_must_stop(0) {
                        break '__stopped;
                    }
                    let paper = Paper::new(copies);
                    let printed = {
                        if __steps.must_stop() {
                            break '__stopped;
                        }
                        __steps
                            .set_title(
                                1,
                                __rt::core::format_args!("Printing {} lines", lines.len()),
                            );
                        match self.print(lines, paper, (__steps).open(1)).await {
                            __value => {
                                __judged0 = __steps.close_judged(1, &__value);
                                __value
                            }
                        }
                    };
                    {
                        if __steps.must_stop() {
                            break '__stopped;
                        }
                        let (__shield, __shielded) = __steps.shield();
                        let __value = {
                            let mut __steps = __shielded;
                            let __progress = __steps.open(2);
                            #[allow(clippy::match_single_binding)]
                            match self.tidy().await {
                                __value => {
                                    __judged1 = __steps.close_judged(2, &__value);
                                    __value
                                }
                            };
                        };
                        __rt::core::mem::drop(__shield);
                        if __steps.must_stop() {
                            break '__stopped;
                        }
                        __value
                    };
                    Ok(Report { printed: printed.is_ok() })
                };
                #[allow(unreachable_code)] return __value;
            }
            #[allow(unreachable_code)]
            return __rt::interrupted(
                progress_runtime::__private::interrupt!(Result < Report, Error >),
            );
            #[allow(unreachable_code, unused_imports, clippy::needless_borrow)]
            {
                use progress_runtime::__private::{
                    ByDebug as _, ByName as _, ByNothing as _, ByOutcome as _,
                };
                __judged0.by((&&&&__judged0.probe()).judge());
                __judged1.by((&&&&__judged1.probe()).judge());
            };
        },
        __returns,
    )
}
