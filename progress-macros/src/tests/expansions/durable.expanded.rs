/// The plan of [`process`]: its steps and their weights, before any run.
#[allow(dead_code, unreachable_pub)]
#[must_use]
pub const fn process_plan() -> &'static progress_runtime::__private::Plan {
    use progress_runtime::__private as __rt;
    const {
        &__rt::Plan::new(
            "process",
            "Process",
            __rt::StepList::new(
                0,
                const {
                    &[
                        __rt::PlanStep::new("downloads", "Processing downloads", 15),
                        __rt::PlanStep::new("analysing", "Analysing", 35)
                            .with_structure(__rt::Structure::Each)
                            .with_item("batch")
                            .with_steps(
                                __rt::StepList::new(
                                    0,
                                    const {
                                        &[
                                            __rt::PlanStep::new("plan", "Analysis", 4),
                                            __rt::PlanStep::new(
                                                "applying-changes",
                                                "Applying changes",
                                                1,
                                            ),
                                        ]
                                    },
                                ),
                            ),
                        __rt::PlanStep::new("previews", "Previews", 10)
                            .with_structure(__rt::Structure::Concurrent)
                            .with_item("image"),
                        __rt::PlanStep::new("index", "Opening the index", 5),
                        __rt::PlanStep::new("media", "Media", 5)
                            .with_structure(__rt::Structure::Parallel)
                            .with_steps(
                                __rt::StepList::new(
                                    0,
                                    const {
                                        &[
                                            __rt::PlanStep::new("audio", "Audio", 1),
                                            __rt::PlanStep::new("video", "Video", 1),
                                        ]
                                    },
                                ),
                            ),
                        __rt::PlanStep::new("counting", "Counting", 5)
                            .with_structure(__rt::Structure::Each)
                            .with_item("file")
                            .with_steps(
                                __rt::StepList::new(
                                    0,
                                    const {
                                        &[
                                            __rt::PlanStep::new("counting-a-file", "Counting a file", 1),
                                        ]
                                    },
                                ),
                            ),
                        __rt::PlanStep::new("summing-up", "Summing up", 1),
                    ]
                },
            ),
        )
    }
}
/// Processes batches, and goes on where it stopped.
pub fn process(
    folder: &Path,
    progress: Progress,
) -> impl progress_runtime::__private::core::future::Future<
    Output = Result<Summary, Error>,
> {
    use progress_runtime::__private as __rt;
    let __returns = progress_runtime::__private::returns!(Result < Summary, Error >);
    let __journal_error = __rt::journal_error::<Result<Summary, Error>>();
    let (__root, mut __steps, __durable) = __rt::begin_durable(
        progress,
        process_plan(),
        &__returns,
    );
    __rt::Workflow::new(
        __root,
        __durable
            .around(
                async move {
                    #[allow(unreachable_code, clippy::diverging_sub_expression)]
                    if false {
                        return __rt::unreachable::<Result<Summary, Error>>();
                    }
                    #[allow(
                        clippy::no_effect_underscore_binding,
                        clippy::shadow_reuse,
                        clippy::shadow_same,
                        clippy::shadow_unrelated,
                        clippy::used_underscore_binding
                    )]
                    let folder = folder;
                    #[allow(unused_mut)]
                    let mut __judged0;
                    #[allow(unused_mut)]
                    let mut __judged1;
                    #[allow(unused_mut)]
                    let mut __keeper0;
                    #[allow(unused_mut)]
                    let mut __keeper1;
                    #[allow(unused_mut)]
                    let mut __keeper2;
                    #[allow(unused_mut)]
                    let mut __keeper3;
                    #[allow(unused_mut)]
                    let mut __keeper4;
                    #[allow(unused_mut)]
                    let mut __keeper5;
                    #[allow(unused_mut)]
                    let mut __keeper6;
                    '__stopped: {
                        let __value: Result<Summary, Error> = {
                            let downloads = {
                                let (__recalled, __keeper) = __steps.recall(0);
                                __keeper0 = __keeper;
                                match __rt::kept(__recalled, __journal_error)? {
                                    __rt::core::option::Option::Some(__value) => __value,
                                    __rt::core::option::Option::None => {
                                        let __value = {
                                            match download(folder, (__steps).open(0)).await? {
                                                __value => {
                                                    __steps.close(0);
                                                    __value
                                                }
                                            }
                                        };
                                        #[allow(unreachable_code)]
                                        {
                                            let __keeping = __steps.keep(0, &__value, __keeper);
                                            __rt::kept(__keeping.await, __journal_error)?;
                                        }
                                        __value
                                    }
                                }
                            };
                            {
                                if __steps.must_stop() {
                                    break '__stopped;
                                }
                                let (__recalled, __keeper) = __steps.recall(1);
                                __keeper3 = __keeper;
                                match __rt::kept(__recalled, __journal_error)? {
                                    __rt::core::option::Option::Some(__value) => __value,
                                    __rt::core::option::Option::None => {
                                        let __value = {
                                            __steps
                                                .set_title(
                                                    1,
                                                    __rt::core::format_args!(
                                                        "Analysing {} batches", downloads.batches.len()
                                                    ),
                                                );
                                            __steps.enter(1);
                                            for batch in (__steps)
                                                .keyed_each(
                                                    1,
                                                    __rt::items(downloads.batches),
                                                    __rt::core::format_args!(""),
                                                )
                                            {
                                                if __steps.must_stop() {
                                                    break '__stopped;
                                                }
                                                let __keeping = __steps.keep_item();
                                                __rt::kept(__keeping.await, __journal_error)?;
                                                #[allow(
                                                    clippy::needless_borrow,
                                                    clippy::needless_borrows_for_generic_args
                                                )]
                                                if __rt::kept(
                                                    __steps.is_done(&(batch.id)),
                                                    __journal_error,
                                                )? {
                                                    continue;
                                                }
                                                let mut __steps = __steps.item_steps();
                                                let plan = {
                                                    let (__recalled, __keeper) = __steps.recall(0);
                                                    __keeper1 = __keeper;
                                                    match __rt::kept(__recalled, __journal_error)? {
                                                        __rt::core::option::Option::Some(__value) => __value,
                                                        __rt::core::option::Option::None => {
                                                            let __value = {
                                                                match analyse(&batch, (__steps).open(0)).await {
                                                                    __value => {
                                                                        __judged0 = __steps.close_judged(0, &__value);
                                                                        __value
                                                                    }
                                                                }
                                                            };
                                                            #[allow(unreachable_code)]
                                                            {
                                                                let __keeping = __steps.keep(0, &__value, __keeper);
                                                                __rt::kept(__keeping.await, __journal_error)?;
                                                            }
                                                            __value
                                                        }
                                                    }
                                                };
                                                {
                                                    if __steps.must_stop() {
                                                        break '__stopped;
                                                    }
                                                    let (__recalled, __keeper) = __steps.recall(1);
                                                    __keeper2 = __keeper;
                                                    match __rt::kept(__recalled, __journal_error)? {
                                                        __rt::core::option::Option::Some(__value) => __value,
                                                        __rt::core::option::Option::None => {
                                                            let (__shield, __shielded) = __steps.shield();
                                                            let __value = {
                                                                let mut __steps = __shielded;
                                                                let __value = {
                                                                    apply(plan, (__steps).open(1)).await?;
                                                                    __steps.close(1);
                                                                };
                                                                #[allow(unreachable_code)]
                                                                {
                                                                    let __keeping = __steps.keep(1, &__value, __keeper);
                                                                    __rt::kept(__keeping.await, __journal_error)?;
                                                                }
                                                                __value
                                                            };
                                                            __rt::core::mem::drop(__shield);
                                                            if __steps.must_stop() {
                                                                break '__stopped;
                                                            }
                                                            __value
                                                        }
                                                    }
                                                };
                                            }
                                            let __keeping = __steps.keep_last_item();
                                            __rt::kept(__keeping.await, __journal_error)?;
                                            __steps.close(1);
                                        };
                                        #[allow(unreachable_code)]
                                        {
                                            let __keeping = __steps.keep(1, &__value, __keeper);
                                            __rt::kept(__keeping.await, __journal_error)?;
                                        }
                                        __value
                                    }
                                }
                            }
                            {
                                if __steps.must_stop() {
                                    break '__stopped;
                                }
                                let (__recalled, __keeper) = __steps.recall(2);
                                __keeper4 = __keeper;
                                match __rt::kept(__recalled, __journal_error)? {
                                    __rt::core::option::Option::Some(__value) => __value,
                                    __rt::core::option::Option::None => {
                                        let __value = {
                                            __steps.enter(2);
                                            let __keys = __steps.keys(2);
                                            match __steps
                                                .concurrent::<
                                                    Result<Summary, Error>,
                                                    _,
                                                    _,
                                                >(
                                                    2,
                                                    __rt::items(downloads.images),
                                                    4,
                                                    __rt::core::format_args!(""),
                                                )
                                            {
                                                mut __set => {
                                                    while __set.next().await? {
                                                        let __item = __set.item();
                                                        __set
                                                            .push(async {
                                                                #[allow(unused_mut)]
                                                                let (image, mut progress) = __item.into_inner();
                                                                #[allow(
                                                                    clippy::needless_borrow,
                                                                    clippy::needless_borrows_for_generic_args
                                                                )]
                                                                let __key = __rt::kept(
                                                                    __keys.enter(&(image)),
                                                                    __journal_error,
                                                                )?;
                                                                if !__key.is_done() {
                                                                    #[allow(unused_mut)]
                                                                    let mut progress = __key.share(progress);
                                                                    {
                                                                        preview(image, progress).await?;
                                                                    };
                                                                    let __keeping = __key.keep();
                                                                    __rt::kept(__keeping.await, __journal_error)?;
                                                                }
                                                                __rt::wrap::<Result<Summary, Error>, ()>(())
                                                            });
                                                    }
                                                }
                                            }
                                            __steps.close(2);
                                        };
                                        #[allow(unreachable_code)]
                                        {
                                            let __keeping = __steps.keep(2, &__value, __keeper);
                                            __rt::kept(__keeping.await, __journal_error)?;
                                        }
                                        __value
                                    }
                                }
                            }
                            if __steps.must_stop() {
                                break '__stopped;
                            }
                            let index = open((__steps).open(3)).await?;
                            if __steps.close_must_stop(3) {
                                break '__stopped;
                            }
                            let (audio, video) = {
                                let __value = {
                                    let __branches = __steps.parallel(4);
                                    let __b0 = __branches.branch(0);
                                    let __b1 = __branches.branch(1);
                                    let __values = __rt::parallel::<
                                        Result<Summary, Error>,
                                        _,
                                    >(
                                            &__branches,
                                            (
                                                async {
                                                    let mut __steps = __b0.into_inner();
                                                    #[allow(unused_mut)]
                                                    let mut __keeper0;
                                                    let __value = {
                                                        __steps.cancel_point().await;
                                                        let (__recalled, __keeper) = __steps.recall(0);
                                                        __keeper0 = __keeper;
                                                        match __rt::kept(__recalled, __journal_error)? {
                                                            __rt::core::option::Option::Some(__value) => __value,
                                                            __rt::core::option::Option::None => {
                                                                let __value = {
                                                                    match audio((__steps).open(0)).await? {
                                                                        __value => {
                                                                            __steps.close(0);
                                                                            __value
                                                                        }
                                                                    }
                                                                };
                                                                #[allow(unreachable_code)]
                                                                {
                                                                    let __keeping = __steps.keep(0, &__value, __keeper);
                                                                    __rt::kept(__keeping.await, __journal_error)?;
                                                                }
                                                                __value
                                                            }
                                                        }
                                                    };
                                                    return __rt::wrap::<Result<Summary, Error>, _>(__value);
                                                    #[allow(
                                                        unreachable_code,
                                                        unused_imports,
                                                        clippy::needless_borrow
                                                    )]
                                                    {
                                                        use progress_runtime::__private::{
                                                            KeepsOk as _, KeepsReference as _, KeepsValue as _,
                                                        };
                                                        __keeper0.by((&&&__keeper0.probe()).keeper());
                                                    };
                                                },
                                                async {
                                                    let mut __steps = __b1.into_inner();
                                                    #[allow(unused_mut)]
                                                    let mut __keeper0;
                                                    let __value = {
                                                        __steps.cancel_point().await;
                                                        let (__recalled, __keeper) = __steps.recall(1);
                                                        __keeper0 = __keeper;
                                                        match __rt::kept(__recalled, __journal_error)? {
                                                            __rt::core::option::Option::Some(__value) => __value,
                                                            __rt::core::option::Option::None => {
                                                                let __value = {
                                                                    match video((__steps).open(1)).await? {
                                                                        __value => {
                                                                            __steps.close(1);
                                                                            __value
                                                                        }
                                                                    }
                                                                };
                                                                #[allow(unreachable_code)]
                                                                {
                                                                    let __keeping = __steps.keep(1, &__value, __keeper);
                                                                    __rt::kept(__keeping.await, __journal_error)?;
                                                                }
                                                                __value
                                                            }
                                                        }
                                                    };
                                                    return __rt::wrap::<Result<Summary, Error>, _>(__value);
                                                    #[allow(
                                                        unreachable_code,
                                                        unused_imports,
                                                        clippy::needless_borrow
                                                    )]
                                                    {
                                                        use progress_runtime::__private::{
                                                            KeepsOk as _, KeepsReference as _, KeepsValue as _,
                                                        };
                                                        __keeper0.by((&&&__keeper0.probe()).keeper());
                                                    };
                                                },
                                            ),
                                        )
                                        .await?;
                                    __steps.close(4);
                                    __values
                                };
                                #[allow(unreachable_code)]
                                {
                                    let __keeping = __steps.keep_end(4);
                                    __rt::kept(__keeping.await, __journal_error)?;
                                }
                                __value
                            };
                            {
                                if __steps.must_stop() {
                                    break '__stopped;
                                }
                                let (__recalled, __keeper) = __steps.recall(5);
                                __keeper5 = __keeper;
                                match __rt::kept(__recalled, __journal_error)? {
                                    __rt::core::option::Option::Some(__value) => __value,
                                    __rt::core::option::Option::None => {
                                        let __value = {
                                            __steps.enter(5);
                                            for file in (__steps)
                                                .each(
                                                    5,
                                                    __rt::items(index.files()),
                                                    __rt::core::format_args!(""),
                                                )
                                            {
                                                if __steps.must_stop() {
                                                    break '__stopped;
                                                }
                                                let mut __steps = __steps.item_steps();
                                                count(file, (__steps).open(0)).await?;
                                                if __steps.close_must_stop(0) {
                                                    break '__stopped;
                                                }
                                            }
                                            __steps.close(5);
                                        };
                                        #[allow(unreachable_code)]
                                        {
                                            let __keeping = __steps.keep(5, &__value, __keeper);
                                            __rt::kept(__keeping.await, __journal_error)?;
                                        }
                                        __value
                                    }
                                }
                            }
                            {
                                if __steps.must_stop() {
                                    break '__stopped;
                                }
                                let (__recalled, __keeper) = __steps.recall(6);
                                __keeper6 = __keeper;
                                match __rt::kept(__recalled, __journal_error)? {
                                    __rt::core::option::Option::Some(__value) => __value,
                                    __rt::core::option::Option::None => {
                                        let __value = {
                                            match sum_up(audio, video, (__steps).open(6)).await {
                                                __value => {
                                                    __judged1 = __steps.close_judged(6, &__value);
                                                    __value
                                                }
                                            }
                                        };
                                        #[allow(unreachable_code)]
                                        {
                                            let __keeping = __steps.keep(6, &__value, __keeper);
                                            __rt::kept(__keeping.await, __journal_error)?;
                                        }
                                        __value
                                    }
                                }
                            }
                        };
                        #[allow(unreachable_code)] return __value;
                    }
                    #[allow(unreachable_code)]
                    return __rt::interrupted(
                        progress_runtime::__private::interrupt!(
                            Result < Summary, Error >
                        ),
                    );
                    #[allow(unreachable_code, unused_imports, clippy::needless_borrow)]
                    {
                        use progress_runtime::__private::{
                            ByDebug as _, ByName as _, ByNothing as _, ByOutcome as _,
                        };
                        __judged0.by((&&&&__judged0.probe()).judge());
                        __judged1.by((&&&&__judged1.probe()).judge());
                    };
                    #[allow(unreachable_code, unused_imports, clippy::needless_borrow)]
                    {
                        use progress_runtime::__private::{
                            KeepsOk as _, KeepsReference as _, KeepsValue as _,
                        };
                        __keeper0.by((&&&__keeper0.probe()).keeper());
                        __keeper1.by((&&&__keeper1.probe()).keeper());
                        __keeper2.by((&&&__keeper2.probe()).keeper());
                        __keeper3.by((&&&__keeper3.probe()).keeper());
                        __keeper4.by((&&&__keeper4.probe()).keeper());
                        __keeper5.by((&&&__keeper5.probe()).keeper());
                        __keeper6.by((&&&__keeper6.probe()).keeper());
                    };
                },
                __journal_error,
            ),
        __returns,
    )
}
