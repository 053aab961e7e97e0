/// The plan of [`import`]: its steps and their weights, before any run.
#[allow(dead_code, unreachable_pub)]
#[must_use]
const fn import_plan() -> &'static progress_runtime::__private::Plan {
    use progress_runtime::__private as __rt;
    const {
        &__rt::Plan::new(
            "import",
            "Import",
            __rt::StepList::new(
                0,
                const {
                    &[
                        __rt::PlanStep::new("lines", "Reading", 3),
                        __rt::PlanStep::new("checked", "Checking", 1),
                        __rt::PlanStep::new("storing", "Storing", 2)
                            .with_structure(__rt::Structure::Each)
                            .with_item("line"),
                        __rt::PlanStep::new("publishing", "Publishing", 2),
                    ]
                },
            ),
        )
    }
}
fn import(
    __arg0: (&Path, usize),
    rows: Rows,
    progress: Progress,
) -> Result<usize, Error> {
    use progress_runtime::__private as __rt;
    let __returns = progress_runtime::__private::returns!(Result < usize, Error >);
    let (__root, mut __steps) = __rt::begin(progress, import_plan(), &__returns);
    __rt::call(
        __root,
        move || {
            #[allow(unreachable_code, clippy::diverging_sub_expression)]
            if false {
                return __rt::unreachable::<Result<usize, Error>>();
            }
            let __arg0 = __arg0;
            let (path, limit) = __arg0;
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
            let mut rows = rows;
            #[allow(unused_mut)]
            let mut __judged0;
            '__stopped: {
                let __value: Result<usize, Error> = {
                    let lines = {
                        __steps
                            .set_title(
                                0,
                                __rt::core::format_args!("Reading {}", path.display()),
                            );
                        read(path, (__steps).open(0))?
                    };
                    __steps.close(0);
                    let checked = {
                        if __steps.must_return() {
                            break '__stopped;
                        }
                        match check(&lines, (__steps).open(1)) {
                            __value => {
                                __judged0 = __steps.close_judged(1, &__value);
                                __value
                            }
                        }
                    };
                    {
                        if __steps.must_return() {
                            break '__stopped;
                        }
                        __steps.enter(2);
                        for line in (__steps)
                            .each(2, __rt::items(&lines), __rt::core::format_args!(""))
                        {
                            if __steps.must_return() {
                                break '__stopped;
                            }
                            rows.store(line, (__steps).item())?;
                        }
                        __steps.close(2);
                    }
                    {
                        if __steps.must_return() {
                            break '__stopped;
                        }
                        __steps.enter(3);
                        __steps.retry(3, policy());
                        let __value = {
                            loop {
                                #[allow(unused_mut)]
                                let mut progress = __steps.attempt();
                                let __pause = match publish(&rows, progress) {
                                    __rt::core::result::Result::Ok(__value) => break __value,
                                    __rt::core::result::Result::Err(__error) => {
                                        match __steps.again(true, __rt::text!(& __error)) {
                                            __rt::core::option::Option::Some(__pause) => __pause,
                                            __rt::core::option::Option::None => {
                                                __rt::core::result::Result::Err(__error)?
                                            }
                                        }
                                    }
                                };
                                __steps.wait(__pause);
                                if __steps.must_return() {
                                    break '__stopped;
                                }
                            }
                        };
                        __steps.close(3);
                        __value
                    };
                    Ok(lines.len().min(limit))
                };
                #[allow(unreachable_code)] return __value;
            }
            #[allow(unreachable_code)]
            return __rt::interrupted(
                progress_runtime::__private::interrupt!(Result < usize, Error >),
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
