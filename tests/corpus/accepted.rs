async fn let_value(progress: Progress) -> Result<u32, Interrupted> {
    let value = job(hidden(), 3).await?;
    Ok(value)
}
async fn let_types(progress: Progress) -> Result<u32, Interrupted> {
    let value: u32 = job(hidden(), 3).await?;
    let kept: Result<u32, Interrupted> = job(hidden(), 4).await;
    let parsed: Result<u32, _> = "x".parse();
    let boxed: Box<dyn Fn(&str) -> usize> = Box::new(|text| text.len());
    let list: Vec<_> = (0..3).collect();
    Ok(value + kept? + parsed.unwrap_or(1) + boxed("abc") as u32 + list.len() as u32 + list.iter().sum::<u32>())
}
async fn let_patterns(progress: Progress) -> Result<u32, Interrupted> {
    let (a, _) = (noisy("kept"), noisy("dropped at once"));
    let _ = noisy("also dropped at once");
    let ref b = noisy("behind a ref");
    let _c = noisy("kept too");
    let [first, .., last] = [noisy("first"), noisy("middle"), noisy("last")];
    let Noisy(name) = &a;
    let mut d = job(hidden(), 1).await?;
    d += 1;
    let whole @ Some(_) = Some(3) else { return Ok(0) };
    Ok(a.len() + b.len() + d + first.len() + last.len() + name.len() as u32 + whole.unwrap_or(0))
}
async fn let_patterns_of_calls(progress: Progress) -> Result<u32, Interrupted> {
    let _ = give(hidden(), "dropped at once").await;
    let _ = try_give(hidden(), "dropped too").await?;
    let _kept = give(hidden(), "kept").await;
    let ref behind = give(hidden(), "behind a ref").await;
    let (left, _) = (give(hidden(), "left").await, noisy("right"));
    let Noisy(name) = give(hidden(), "taken apart").await else { return Ok(0) };
    Ok(behind.len() + left.len() + name.len() as u32)
}
async fn let_else(progress: Progress) -> Result<u32, Interrupted> {
    let Some(length) = noisy("let else").some() else { return Ok(1) };
    let Some(again) = noisy("with a guard").guard().option() else { return Ok(1) };
    let Ok(value) = job(hidden(), 3).await else { return Ok(2) };
    let Some(never): Option<u32> = noisy("no value").none() else { return Ok(length + again + value) };
    Ok(never)
}
async fn let_else_of_a_failure(progress: Progress) -> Result<u32, Interrupted> {
    let before = noisy("before");
    let Ok(value) = fail(hidden()).await else { return Ok(before.len()) };
    Ok(value)
}
async fn let_else_with_a_type(progress: Progress) -> Result<u32, Interrupted> {
    let Err(error): Result<u32, Interrupted> = fail(hidden()).await else { return Ok(5) };
    let Ok(value): Result<u32, Interrupted> = Ok::<_, Interrupted>(noisy("a").len()) else { return Err(error) };
    Ok(value)
}
async fn temporaries_of_a_let_live_on(progress: Progress) -> Result<u32, Interrupted> {
    let text: &str = &format!("{}", 3);
    let other = &String::from("other");
    let guard = &noisy("extended");
    let of_call: &Noisy = &try_give(hidden(), "of a call").await?;
    let of_await = &give(hidden(), "of an await").await;
    let tuple = (&noisy("in a tuple"), &noisy("in a tuple too"));
    let array: [&Noisy; 2] = [&noisy("in an array"), &noisy("in an array too")];
    let field = &noisy("of a field").0;
    let mutable = &mut noisy("mutable");
    mutable.0 = "changed";
    let slice: &[Noisy] = &[noisy("in a slice")];
    Ok((text.len() + other.len()) as u32 + guard.len() + of_call.len() + of_await.len() + tuple.1.len() + array[1].len() + field.len() as u32 + slice[0].len())
}
async fn temporaries_of_a_match_live_on(progress: Progress) -> Result<u32, Interrupted> {
    let number = job(hidden(), 1).await?;
    let text: &str = match number {
        1 => &format!("{}", number),
        _ => "none",
    };
    let noisy_one: &Noisy = match number {
        0 => &noisy("not made"),
        _ => &noisy("in an arm"),
    };
    let chosen = if number > 0 { &noisy("in an if") } else { &noisy("in an else") };
    let of_block = { let inner = 1; &noisy("in a block") };
    Ok(text.len() as u32 + noisy_one.len() + chosen.len() + of_block.len())
}
async fn temporaries_of_a_match_with_a_share_live_on(progress: Progress) -> Result<u32, Interrupted> {
    let number = 1;
    let text: &Noisy = match number {
        1 => &try_give(hidden(), "of a call").await?,
        _ => &noisy("not made"),
    };
    let chosen = if number > 0 { &give(hidden(), "in an if").await } else { &noisy("in an else") };
    Ok(text.len() + chosen.len())
}
async fn temporaries_of_a_statement(progress: Progress) -> Result<u32, Interrupted> {
    noisy("statement").guard().value();
    let value = noisy("let").guard().value();
    let of_call = job(hidden(), noisy("argument").guard().value()).await?;
    job(hidden(), noisy("discarded").guard().value()).await?;
    give(hidden(), noisy("discarded argument").guard().0.0).await;
    let sum = value + of_call;
    Ok(sum + noisy("tail").guard().value())
}
async fn temporaries_with_attributes(progress: Progress) -> Result<u32, Interrupted> {
    #[allow(unused_variables)]
    let unused: &str = &format!("{}", 3);
    #[allow(clippy::all)]
    let guard = &try_give(hidden(), "with an attribute").await?;
    #[allow(unused_variables)]
    let Some(other) = Some(&noisy("let else with an attribute")) else { return Ok(1) };
    Ok(guard.len() + unused.len() as u32)
}
async fn types_from_later(progress: Progress) -> Result<u32, Interrupted> {
    let list = async { drop(hidden()); (0..3u32).collect() }.await;
    let open_value = open(hidden()).await;
    let mut total: u64 = open_value;
    total += 1;
    let texts: Vec<u32> = list;
    let parsed = async { drop(hidden()); "3".parse() }.await;
    let number: u8 = parsed.unwrap_or_default();
    let sum = async { drop(hidden()); [1, 2].into_iter().sum() }.await;
    Ok(total as u32 + texts.len() as u32 + u32::from(number) + { let sum: u32 = sum; sum })
}
async fn types_from_the_return(progress: Progress) -> Vec<u32> {
    async { drop(hidden()); (0..3).collect() }.await
}
async fn default_from_the_return(progress: Progress) -> u64 {
    open(hidden()).await
}
async fn box_from_the_return(progress: Progress) -> Result<u32, Box<dyn std::error::Error>> {
    let value: u32 = "3".parse()?;
    let f: Box<dyn Fn(u32) -> u32> = Box::new(move |n| n + value);
    Ok(f(job(hidden(), 2).await?))
}
async fn collect_from_the_return(progress: Progress) -> Result<Vec<u32>, std::num::ParseIntError> {
    "1 2 3".split(' ').map(|word| word.parse()).collect()
}
async fn closure_from_the_return(progress: Progress) -> Option<u32> {
    Some(3).map(|n| n + 1).filter(|n| *n > 2)
}
async fn error_without_display(progress: Progress) -> u32 {
    let silent = silent(hidden()).await;
    let shown = fail(hidden()).await;
    silent.unwrap_or(1) + shown.unwrap_or(2)
}
async fn open_error(progress: Progress) -> Result<u32, Interrupted> {
    let value = async { drop(hidden()); Ok(3) }.await;
    value
}
async fn question_mark_leaves(progress: Progress) -> Result<u32, Interrupted> {
    let first = noisy("first");
    let second = give(hidden(), "second").await;
    let third = fail(hidden()).await?;
    Ok(third + first.len() + second.len())
}
async fn question_mark_of_an_option(progress: Progress) -> Option<u32> {
    let first = noisy("first");
    let value = first.some()?;
    let none = first.none()?;
    Some(value + none)
}
async fn return_leaves(progress: Progress) -> Result<u32, Interrupted> {
    let first = noisy("first");
    if first.len() > 2 {
        return Ok(first.len());
    }
    Ok(1)
}
async fn return_is_the_end(progress: Progress) -> u32 {
    let first = noisy("first");
    return take(hidden(), first).await;
}
async fn if_else(progress: Progress) -> Result<u32, Interrupted> {
    let value = if noisy("condition").len() > 3 { job(hidden(), 3).await? } else { 4 };
    if value > 2 {
        give(hidden(), "then").await;
    } else if value > 1 {
        log("never");
    } else {
        log("never");
    }
    if value > 100 {
        log("never");
    }
    Ok(value)
}
async fn if_let_temporaries(progress: Progress) -> Result<u32, Interrupted> {
    if let Some(value) = noisy("if let").guard().option() {
        log(format!("then {}", value));
        job(hidden(), value).await?;
    }
    if let None = noisy("not if let").guard().option() {
        job(hidden(), 1).await?;
    } else {
        log("else");
    }
    if let None = noisy("first of a chain").guard().option() {
        log("never");
    } else if let Some(value) = noisy("second of a chain").guard().option() {
        job(hidden(), value).await?;
    } else {
        log("never");
    }
    log("after");
    Ok(3)
}
async fn if_let_without_share(progress: Progress) -> Result<u32, Interrupted> {
    if let Some(value) = noisy("if let").guard().option() {
        log(format!("then {}", value));
    }
    let value = if let None = noisy("let if let").guard().option() { 1 } else { log("else"); 2 };
    if let None = noisy("without else").guard().option() {
        log("never");
    }
    log("after");
    Ok(value)
}
#[edition(2024)]
async fn let_chains(progress: Progress) -> Result<u32, Interrupted> {
    if let Some(value) = noisy("chain").guard().option()
        && value > 2
        && let Some(other) = noisy("second").some()
    {
        log("then");
        job(hidden(), other).await?;
    }
    Ok(3)
}
async fn if_let_at_the_end(progress: Progress) {
    let outer = noisy("outer");
    if let Some(value) = noisy("if let").guard().option() {
        log("then");
    }
}
async fn match_temporaries(progress: Progress) -> Result<u32, Interrupted> {
    let value = match noisy("scrutinee").guard().option() {
        Some(value) if value > 100 => 1,
        Some(value) => {
            log("arm");
            job(hidden(), value).await?
        }
        None => 2,
    };
    match noisy("statement").guard().option() {
        Some(_) => log("some"),
        None => log("none"),
    }
    match noisy("binding") {
        bound => log(bound.0),
    }
    Ok(value)
}
async fn match_by_reference(progress: Progress) -> Result<u32, Interrupted> {
    let pair = (noisy("left"), Some(noisy("right")));
    let value = match &pair {
        (left, Some(right)) => job(hidden(), left.len() + right.len()).await?,
        (left, None) => left.len(),
    };
    let moved = match pair {
        (left, right) => left,
    };
    Ok(value + moved.len())
}
async fn match_at_the_end(progress: Progress) -> Result<u32, Interrupted> {
    let outer = noisy("outer");
    match outer.some() {
        Some(value) => job(hidden(), value).await,
        None => Ok(3),
    }
}
async fn match_of_results(progress: Progress) -> Result<u32, Interrupted> {
    match fail(hidden()).await {
        Ok(value) => Ok(value),
        Err(error) => Ok(7),
    }
}
async fn loops(progress: Progress) -> Result<u32, Interrupted> {
    let mut sum = 0;
    for noisy in vec![noisy("one"), noisy("two")] {
        sum += job(hidden(), noisy.len()).await?;
    }
    for number in 0..3u32 {
        if number == 1 {
            continue;
        }
        sum += number;
    }
    for number in [1, 2, 3] {
        if number == 2 {
            break;
        }
        sum += number;
    }
    while sum < 100 {
        sum += 30;
    }
    loop {
        sum += 1;
        if sum > 200 {
            break;
        }
    }
    let found = loop {
        sum += 1;
        if sum % 10 == 0 {
            break sum;
        }
    };
    Ok(found)
}
async fn while_let(progress: Progress) -> Result<u32, Interrupted> {
    let mut list = vec![noisy("one"), noisy("two")];
    while let Some(last) = list.pop() {
        job(hidden(), last.len()).await?;
        break;
    }
    while let Some(last) = list.pop() {
        log(last.0);
    }
    Ok(1)
}
async fn labels(progress: Progress) -> Result<u32, Interrupted> {
    let value = 'block: {
        let inner = noisy("inner");
        if inner.len() > 2 {
            break 'block 3;
        }
        4
    };
    'outer: for number in [1, 2, 3] {
        for other in [1, 2] {
            let inner = noisy("in a loop");
            if number + other > 3 {
                break 'outer;
            }
        }
    }
    Ok(value)
}
async fn unbounded_iterators(progress: Progress) -> Result<u32, Interrupted> {
    let mut sum = 0;
    'plain: for letter in "abc".chars() {
        let inner = noisy("in a loop");
        if letter == 'b' {
            break;
        }
        sum += 1;
    }
    Ok(job(hidden(), sum).await?)
}
async fn temporaries_of_a_loop(progress: Progress) -> Result<u32, Interrupted> {
    for number in noisy("items").some() {
        log("body");
    }
    for byte in noisy("bytes").name().as_bytes() {
        if *byte == b'y' {
            break;
        }
    }
    Ok(1)
}
async fn blocks(progress: Progress) -> Result<u32, Interrupted> {
    {
        let inner = noisy("in a block");
        job(hidden(), inner.len()).await?;
    }
    let value = {
        let inner = noisy("in a let");
        let value = inner.guard().value();
        value
    };
    unsafe {
        log("unsafe");
    }
    let in_unsafe = unsafe { job(hidden(), 3).await? };
    Ok(value + in_unsafe)
}
async fn block_at_the_end(progress: Progress) -> Result<u32, Interrupted> {
    let outer = noisy("outer");
    {
        let inner = noisy("inner");
        job(hidden(), inner.len() + outer.len()).await
    }
}
async fn closures(progress: Progress) -> Result<u32, Interrupted> {
    let base = noisy("captured");
    let add = |n: u32| n + base.len();
    let moved = move |n: u32| n + 1;
    let mut count = 0;
    let mut bump = || count += 1;
    bump();
    bump();
    let direct = (|n: u32| n * 2)(4);
    Ok(add(1) + moved(2) + count + direct)
}
async fn async_blocks(progress: Progress) -> Result<u32, Interrupted> {
    let outer = noisy("outer");
    let borrowed = async { pause().await; outer.len() };
    let value = borrowed.await;
    let moved = async move { outer.len() }.await;
    let failing: Result<u32, Interrupted> = async { Ok(job(hidden(), 3).await? + 1) }.await;
    Ok(value + moved + failing?)
}
async fn items(progress: Progress) -> Result<u32, Interrupted> {
    const THREE: u32 = 3;
    static FOUR: u32 = 4;
    fn double(n: u32) -> u32 {
        n * 2
    }
    struct Pair(u32, u32);
    impl Pair {
        fn sum(&self) -> u32 {
            self.0 + self.1
        }
    }
    enum Choice {
        One,
    }
    use std::cmp::max;
    type Number = u32;
    trait Name {
        fn name(&self) -> Number;
    }
    impl Name for Choice {
        fn name(&self) -> Number {
            9
        }
    }
    macro_rules! seven {
        () => {
            7
        };
    }
    let pair = Pair(THREE, FOUR);
    let value = job(hidden(), double(pair.sum())).await?;
    Ok(max(value, Choice::One.name()) + seven!())
}
async fn macros(progress: Progress) -> Result<u32, Interrupted> {
    assert!(noisy("asserted").len() > 1);
    assert_eq!(noisy("left").len(), 4);
    let list = vec![noisy("in a vec"), noisy("in a vec too")];
    let text = format!("{} {:?}", list.len(), list[0]);
    let matched = matches!(list.first(), Some(_));
    debug_assert!(matched);
    let length = job(hidden(), text.len() as u32).await?;
    if !matched {
        unreachable!("never");
    }
    Ok(length)
}
async fn operators(progress: Progress) -> Result<u32, Interrupted> {
    let a = job(hidden(), 3).await? + noisy("operand").len();
    let b = a > 3 && noisy("lazy").len() > 2 || noisy("never").len() > 2;
    let c = !b;
    let d = -(a as i32);
    let e = a as u64 as u8;
    let f = (1..a).len();
    let g = [1, 2, 3][1];
    let h = (4, 5).1;
    let i = &mut 6;
    *i += 1;
    let j = *i << 2 ^ 1 | 8 & 3;
    let mut k = 1;
    k = 2;
    k += j;
    Ok(a + u32::from(c) + (d as u32 & 7) + u32::from(e) + f as u32 + g + h + j % 100 + k % 100)
}
async fn ranges(progress: Progress) -> Result<u32, Interrupted> {
    let list = [1, 2, 3, 4, 5];
    let all = &list[..];
    let some = &list[1..3];
    let closed = &list[1..=3];
    let from = &list[2..];
    let to = &list[..=2];
    let range = 0..3;
    Ok((all.len() + some.len() + closed.len() + from.len() + to.len()) as u32 + range.end)
}
async fn structs(progress: Progress) -> Result<u32, Interrupted> {
    struct Named {
        first: Noisy,
        second: u32,
    }
    let named = Named { first: noisy("field"), second: job(hidden(), 3).await? };
    let changed = Named { second: 9, ..named };
    let Named { first, second } = changed;
    let Named { ref first, .. } = (Named { first, second });
    Ok(first.len() + second)
}
async fn arrays(progress: Progress) -> Result<u32, Interrupted> {
    let list = [noisy("a"), noisy("b")];
    let repeated = [0u8; 4];
    let [a, b] = list;
    drop(b);
    let nested = [[1, 2], [3, 4]];
    Ok(a.len() + repeated.len() as u32 + nested[1][0])
}
async fn literals(progress: Progress) -> Result<u32, Interrupted> {
    let text = "text";
    let raw = r#"raw "text""#;
    let bytes = b"bytes";
    let byte = b'b';
    let letter = 'x';
    let float = 1.5e3;
    let truth = true;
    Ok((text.len() + raw.len() + bytes.len() + letter.len_utf8()) as u32 + u32::from(byte) + float as u32 + u32::from(truth))
}
async fn order_of_locals(progress: Progress) -> Result<u32, Interrupted> {
    let first = noisy("first");
    let second = give(hidden(), "second").await;
    let first = noisy("shadow of the first");
    let third: Noisy = try_give(hidden(), "third").await?;
    let Some(fourth) = Some(noisy("fourth")) else { return Ok(1) };
    drop(second);
    Ok(first.len() + third.len() + fourth.len())
}
async fn moves(progress: Progress) -> Result<u32, Interrupted> {
    let first = noisy("first");
    let second = noisy("second");
    let taken = take(hidden(), first).await;
    let late;
    late = second;
    let inner = move || late.len();
    Ok(taken + inner())
}
async fn dropped_in_the_middle(progress: Progress) -> Result<u32, Interrupted> {
    let first = noisy("first");
    let text = borrow(hidden(), &first).await?;
    let number = text.len() as u32;
    let second = give(hidden(), "second").await;
    let third = borrow(hidden(), &noisy("argument")).await?.len() as u32;
    pause().await;
    Ok(number + second.len() + third)
}
async fn borrows_in_loops(progress: Progress) -> Result<u32, Interrupted> {
    let mut sum = 0;
    for number in 0..3u32 {
        let own = noisy("own");
        let text = borrow(hidden(), &own).await;
        sum += text.map_or(0, |text| text.len() as u32) + number;
    }
    Ok(sum)
}
async fn results_of_borrows(progress: Progress) -> Result<u32, Interrupted> {
    let own = noisy("own");
    let text = borrow(hidden(), &own).await;
    let typed: Result<&str, Interrupted> = borrow_now(&own);
    fn borrow_now(noisy: &Noisy) -> Result<&str, Interrupted> {
        Ok(noisy.name())
    }
    Ok((text?.len() + typed?.len()) as u32)
}
async fn mutable_borrows(progress: Progress) -> Result<u32, Interrupted> {
    let mut list = vec![1, 2, 3];
    let first = &mut list[0];
    *first = 9;
    let last: &mut u32 = list.last_mut().unwrap();
    *last += 1;
    list.push(job(hidden(), 5).await?);
    let slice: &mut [u32] = &mut list;
    slice[1] = 8;
    Ok(list.iter().sum())
}
async fn unit_by_expression(progress: Progress) {
    give(hidden(), "dropped").await;
    log("end");
}
async fn unit_by_value(progress: Progress) {
    let last = noisy("last");
    drop(last)
}
async fn unit_of_a_result(progress: Progress) -> Result<(), Interrupted> {
    job(hidden(), 1).await?;
    job(hidden(), 2).await.map(drop)
}
async fn parameters(a: Noisy, mut b: u32, progress: Progress) -> u32 {
    b += 1;
    let c = noisy("local");
    take(hidden(), c).await + a.len() + b
}
async fn parameters_of_patterns((a, b): (Noisy, Noisy), _: Noisy, _c: Noisy, progress: Progress) -> u32 {
    let d = noisy("local");
    a.len() + take(hidden(), b).await
}
async fn parameters_with_cfg(#[cfg(any())] x: u32, a: Noisy, #[cfg(not(any()))] b: u32, progress: Progress) -> u32 {
    let local = noisy("local");
    a.len() + b
}
async fn parameters_with_lints(#[allow(unused_variables)] x: u32, #[allow(unused_mut)] mut y: u32, progress: Progress) -> u32 {
    drop(noisy("local"));
    y
}
async fn parameters_that_borrow(text: &str, number: &mut u32, progress: Progress) -> u32 {
    *number += 1;
    let value = job(hidden(), *number).await;
    value.unwrap_or(0) + text.len() as u32
}
async fn raw_name(r#progress: Progress) -> u32 {
    job(hidden(), 3).await.unwrap_or(1)
}
async fn raw_names(r#match: u32, progress: Progress) -> u32 {
    let r#if = job(hidden(), r#match).await.unwrap_or(1);
    r#if
}
async fn expression_kinds(progress: Progress) -> Result<u32, Interrupted> {
    (job(hidden(), 1).await?);
    [noisy("array")];
    (noisy("tuple"), 1);
    noisy("method").len();
    noisy("field").0;
    &noisy("reference");
    !true;
    "literal";
    (|| 3)();
    Noisy("struct");
    vec![1, 2][0];
    Ok(3)
}
async fn attributes(progress: Progress) -> Result<u32, Interrupted> {
    #[allow(unused_must_use)]
    job(hidden(), 1).await;
    #[allow(clippy::needless_return)]
    if true {
        job(hidden(), 1).await?;
    }
    #[rustfmt::skip]
    let a = job(hidden(), 2).await?;
    #[allow(clippy::all)]
    match a {
        _ => {}
    }
    #[allow(unused_parens)]
    Ok((a))
}
async fn nested_results(progress: Progress) -> Result<u32, Interrupted> {
    let nested = async { drop(hidden()); Ok::<Result<u32, u8>, Interrupted>(Err(3)) }.await?;
    let kept = async { Some(job(hidden(), 3).await) }.await;
    Ok(nested.unwrap_or(1) + kept.unwrap_or(Ok(3))?)
}
async fn trait_objects(progress: Progress) -> Result<u32, Interrupted> {
    let shown: Box<dyn std::fmt::Debug> = Box::new(give(hidden(), "boxed").await);
    let by_reference: &dyn std::fmt::Debug = &noisy("by reference");
    let pinned: Pin<Box<dyn Future<Output = u32>>> = Box::pin(async { 3 });
    let value = pinned.await;
    Ok(format!("{:?} {:?}", shown, by_reference).len() as u32 + value)
}
async fn coercions(progress: Progress) -> Result<u32, Interrupted> {
    let slice: &[u32] = &vec![1, 2];
    let text: &str = &String::from("text");
    let function: fn(u32) -> u32 = |n| n + 1;
    let error: Box<dyn std::error::Error> = "text".into();
    let array: &[u32; 2] = &[1, 2];
    let number: u64 = 3;
    let shared: std::rc::Rc<dyn std::fmt::Debug> = std::rc::Rc::new(3);
    Ok(slice[0] + text.len() as u32 + function(1) + array[0] + number as u32)
}
async fn integer_fallback(progress: Progress) -> Result<u32, Interrupted> {
    let number = 3;
    let float = 2.0;
    let list = vec![1, 2];
    let none = None::<u32>;
    let value = async { drop(hidden()); 4 }.await;
    log(format!("{} {} {:?} {}", number, float, list, value));
    Ok(none.unwrap_or(1))
}
async fn never_values(progress: Progress) -> Result<u32, Interrupted> {
    let first = noisy("first");
    let value: u32 = if first.len() > 3 { return Ok(3) } else { 4 };
    let other: u32 = match value {
        3 => 3,
        _ => return Ok(4),
    };
    Ok(other)
}
async fn destructuring(progress: Progress) -> Result<u32, Interrupted> {
    let (mut a, mut b) = (1, 2);
    (a, b) = (b, a);
    let ((c, _), [d, ..]) = ((noisy("c"), noisy("not bound")), [1, 2]);
    Ok(a + b + c.len() + d)
}
async fn await_chains(progress: Progress) -> Result<u32, Interrupted> {
    let value = give(hidden(), "chain").await.some().unwrap_or(0);
    let length = try_give(hidden(), "chain with a question mark").await?.guard().value();
    let nested = job(hidden(), job(detached(), 3).await?).await?;
    let text = format!("{}", give(hidden(), "in a macro").await.len());
    Ok(value + length + nested + text.len() as u32)
}
async fn tail_temporaries(progress: Progress) -> u32 {
    let outer = noisy("outer");
    let value = outer.len();
    take(hidden(), outer).await + value
}
async fn lock_at_the_end(progress: Progress) -> u32 {
    static LOCK: Mutex<u32> = Mutex::new(3);
    let value = *LOCK.lock().unwrap();
    *LOCK.lock().unwrap()
}
async fn generic_calls(progress: Progress) -> Result<u32, Interrupted> {
    let default = u32::default();
    let parsed = "3".parse::<u32>().unwrap_or(1);
    let collected = (0..3).map(|n| n * 2).collect::<Vec<u32>>();
    let converted: u64 = default.into();
    let size = std::mem::size_of::<u64>();
    let iterated: u32 = collected.iter().copied().filter(|n| *n > 1).sum();
    Ok(parsed + iterated + converted as u32 + size as u32)
}
async fn doubly_shadowed(progress: Progress) -> Result<u32, Interrupted> {
    let value = noisy("outer");
    let value = value.len();
    let value = job(hidden(), value).await?;
    let value = &value;
    let value = *value;
    Ok(value)
}
async fn const_blocks(progress: Progress) -> Result<u32, Interrupted> {
    let value = const { 3 + 4 };
    Ok(job(hidden(), value).await?)
}
async fn waits_in_conditions(progress: Progress) -> Result<u32, Interrupted> {
    if job(hidden(), 3).await? > 2 {
        log("then");
    }
    match job(hidden(), 3).await? {
        3 => log("three"),
        _ => log("other"),
    }
    while job(detached(), 3).await? < 2 {
        log("never");
    }
    Ok(1)
}
async fn if_let_guard_in_a_let(progress: Progress) -> u32 {
    let value = if let Some(value) = noisy("scrutinee").guard().option() { take(hidden(), noisy("taken")).await + value } else { 0 };
    log("after");
    value
}
async fn match_guard_in_a_let(progress: Progress) -> u32 {
    let value = match noisy("scrutinee").guard().option() { Some(value) => take(hidden(), noisy("taken")).await + value, None => 0 };
    log("after");
    value
}
async fn option_of_a_reference(text: &str, progress: Progress) -> Option<u32> {
    let found: Option<&str> = Some(text).filter(|text| text.len() > 2);
    let first: Option<&u8> = text.as_bytes().first();
    found.map(|text| text.len() as u32)
}
#[only_async]
async fn never(progress: Progress) -> ! {
    let first = noisy("first");
    job(hidden(), 3).await;
    std::future::pending().await
}
#[only_async]
async fn never_by_a_loop(progress: Progress) -> ! {
    loop {
        job(detached(), 3).await;
        let inner = noisy("inner");
        pause().await;
    }
}
async fn deferred_lets(progress: Progress) -> Result<u32, Interrupted> {
    let late: Noisy;
    let number: u32;
    if noisy("condition").len() > 3 {
        number = job(hidden(), 3).await?;
    } else {
        number = 4;
    }
    late = give(detached(), "late").await;
    let (mut a, b);
    (a, b) = (1, noisy("assigned"));
    a += number;
    Ok(a + late.len() + b.len())
}
async fn destructuring_assignments(progress: Progress) -> Result<u32, Interrupted> {
    let mut first = noisy("first");
    let mut second = noisy("second");
    (first, second) = (second, first);
    _ = noisy("into nothing");
    [first, _] = [give(detached(), "new first").await, noisy("not kept")];
    let mut numbers = [0; 3];
    (numbers[0], numbers[2]) = (1, job(detached(), 3).await?);
    job(hidden(), numbers.iter().sum()).await.map(|sum: u32| sum + first.len())
}
async fn partial_moves(progress: Progress) -> Result<u32, Interrupted> {
    let pair = (noisy("left"), noisy("right"));
    let left = pair.0;
    let length = take(hidden(), left).await;
    struct Both {
        a: Noisy,
        b: Noisy,
    }
    let both = Both { a: noisy("a"), b: noisy("b") };
    let Both { a, .. } = both;
    let taken = take(hidden(), a).await;
    let b = both.b;
    Ok(length + pair.1.len() + taken + b.len())
}
async fn binding_modes(progress: Progress) -> Result<u32, Interrupted> {
    let mut pair = (noisy("left"), Some(3));
    let (ref left, ref mut right) = pair;
    *right = None;
    let length = borrow(hidden(), left).await?.len() as u32;
    let (other, number) = &mut pair;
    *number = Some(other.len());
    let Some(ref found) = pair.1 else { return Ok(0) };
    let &value = found;
    Ok(value + length)
}
async fn patterns_of_a_match(progress: Progress) -> Result<u32, Interrupted> {
    const LIMIT: u32 = 7;
    let value = match job(hidden(), 7).await? {
        0 | 1 => 1,
        small @ 2..=5 => small,
        LIMIT => 70,
        _ => 2,
    };
    let of_slice = match &[noisy("a"), noisy("bb"), noisy("ccc")][..] {
        [] => 0,
        [one] => one.len(),
        [first, rest @ ..] => first.len() + rest.len() as u32,
    };
    let of_text = match noisy("text").name() {
        "no" => 1,
        text if text.len() == 4 => 4,
        _ => 0,
    };
    let of_letter = match 'k' { 'a'..='f' => 1, 'g'..='z' => 2, _ => 3 };
    let nested = match (Some(Ok::<u32, u8>(3)), [1, 2]) {
        (Some(Ok(n)), [a, b]) => n + a + b,
        (Some(Err(_)), _) | (None, _) => 0,
    };
    Ok(value + of_slice + of_text + of_letter + nested)
}
async fn guards_of_a_match(progress: Progress) -> Result<u32, Interrupted> {
    let value = match noisy("scrutinee") {
        ref bound if bound.guard().value() > 100 => 1,
        bound if noisy("in a guard").len() > 2 => take(hidden(), bound).await,
        _ => 2,
    };
    match value {
        n if n > 5 => {
            job(hidden(), n).await?;
        }
        _ => return Ok(1),
    }
    Ok(value)
}
async fn nested_matches(progress: Progress) -> Result<u32, Interrupted> {
    let value = match noisy("outer").some() {
        Some(length) => match noisy("inner").none() {
            Some(_) => 0,
            None => job(hidden(), length).await?,
        },
        None => 1,
    };
    let chosen = if value > 2 { match value { 5 => "five", _ => "other" } } else { "few" };
    Ok(value + chosen.len() as u32)
}
async fn arms_that_leave(progress: Progress) -> Result<u32, Interrupted> {
    let outer = noisy("outer");
    let value = match outer.some() {
        Some(5) => job(hidden(), 3).await?,
        Some(_) => return Ok(1),
        None => unreachable!(),
    };
    let next = if value > 2 { value } else { return Err(Interrupted::TimedOut) };
    match fail(hidden()).await {
        Ok(value) => log("never"),
        Err(_) => return Ok(next + 10),
    }
    Ok(2)
}
async fn for_patterns(progress: Progress) -> Result<u32, Interrupted> {
    let mut sum = 0;
    for (left, right) in vec![(noisy("a"), noisy("b")), (noisy("c"), noisy("d"))] {
        sum += take(hidden(), right).await;
        log(left.0);
    }
    for (index, number) in [4, 5].iter().enumerate() {
        sum += index as u32 + job(hidden(), *number).await?;
    }
    for &number in &[1, 2] {
        sum += number;
    }
    for Noisy(name) in &[noisy("borrowed")] {
        sum += name.len() as u32;
    }
    Ok(sum)
}
async fn for_by_mutable_reference(progress: Progress) -> Result<u32, Interrupted> {
    let mut list = vec![1, 2, 3];
    for number in &mut list {
        *number += job(hidden(), 1).await?;
    }
    for (number, other) in list.iter_mut().zip([10, 20, 30]) {
        *number += other;
    }
    for number in list.iter().rev() {
        log(format!("{}", number));
    }
    Ok(list.into_iter().sum())
}
async fn for_that_fails(progress: Progress) -> Result<u32, Interrupted> {
    let outer = noisy("outer");
    for item in vec![noisy("one"), noisy("two")] {
        job(hidden(), item.len()).await?;
        let value: Result<u32, Interrupted> = Err(Interrupted::TimedOut);
        value?;
    }
    Ok(outer.len())
}
async fn for_that_returns(progress: Progress) -> Result<u32, Interrupted> {
    let outer = noisy("outer");
    for item in vec![noisy("one"), noisy("two"), noisy("three")] {
        let length = job(hidden(), item.len()).await?;
        if item.0 == "two" {
            return Ok(length + outer.len());
        }
    }
    Ok(0)
}
async fn for_in_a_for(progress: Progress) -> Result<u32, Interrupted> {
    let mut sum = 0;
    'rows: for row in vec![vec![1, 2], vec![3, 4], vec![5]] {
        for number in row {
            if number == 2 {
                continue 'rows;
            }
            if number == 4 {
                break 'rows;
            }
            sum += job(detached(), number).await?;
        }
    }
    Ok(sum)
}
async fn loops_that_wait(progress: Progress) -> Result<u32, Interrupted> {
    let mut count = 0;
    let found = loop {
        count += 1;
        let item = give(detached(), "in a loop").await;
        if count == 3 {
            break item;
        }
    };
    while job(detached(), count).await? < 5 {
        let inner = noisy("in a while");
        pause().await;
        count += 1;
    }
    let mut list = vec![1, 2];
    while let Some(number) = list.pop() {
        count += job(detached(), number).await?;
    }
    Ok(count + found.len())
}
async fn labelled_blocks_that_wait(progress: Progress) -> Result<u32, Interrupted> {
    let value = 'search: {
        let first = noisy("first");
        if job(detached(), 3).await? == 3 {
            break 'search give(hidden(), "found").await;
        }
        noisy("not found")
    };
    'unit: {
        let inner = noisy("inner");
        if inner.len() == 5 {
            break 'unit;
        }
        log("never");
    }
    Ok(value.len())
}
async fn nested_blocks(progress: Progress) -> Result<u32, Interrupted> {
    let value = {
        let a = noisy("a");
        {
            let b = noisy("b");
            { a.len() + b.len() }
        }
    };
    {}
    {
        {
            give(hidden(), "deep").await;
        }
    }
    let unit = { noisy("in a unit"); };
    Ok(value)
}
async fn empty_statements(progress: Progress) -> Result<u32, Interrupted> {
    ;
    let value = job(hidden(), 3).await?;;
    {};
    ();
    Ok(value)
}
async fn nothing_but_a_value(progress: Progress) -> u32 {
    3
}
async fn closures_that_fail(progress: Progress) -> Result<u32, Interrupted> {
    let half = |n: u32| -> Option<u32> {
        if n % 2 == 1 {
            return None;
        }
        Some(n / 2)
    };
    let twice = |n| { let first = half(n)?; half(first) };
    let value = job(hidden(), 8).await?;
    let parse = |text: &str| -> Result<u32, std::num::ParseIntError> { Ok(text.parse::<u32>()? + 1) };
    Ok(twice(value).unwrap_or(1) + parse("5").unwrap_or(0) + parse("x").unwrap_or(2))
}
async fn closures_that_keep(progress: Progress) -> Result<u32, Interrupted> {
    let mut kept = Vec::new();
    let mut keep = |noisy: Noisy| kept.push(noisy);
    keep(noisy("one"));
    keep(give(hidden(), "two").await);
    drop(keep);
    let once: Box<dyn FnOnce() -> u32> = { let own = noisy("own"); Box::new(move || own.len()) };
    let add = { let base = kept.len() as u32; move |n: u32| move |m: u32| n + m + base };
    let sum = add(1)(2);
    Ok(once() + sum)
}
async fn closures_that_wait(progress: Progress) -> Result<u32, Interrupted> {
    let base = noisy("base");
    let make = |n: u32| async move { pause().await; n + 1 };
    let first = make(1).await;
    let moved = async move |n: u32| { pause().await; n + base.len() };
    let second = moved(2).await;
    let third = (async move |n: u32| { job(detached(), n).await })(3).await?;
    Ok(job(hidden(), first + second + third).await?)
}
async fn boxed_futures(progress: Progress) -> Result<u32, Interrupted> {
    let boxed: Pin<Box<dyn Future<Output = u32>>> = Box::pin(async { pause().await; noisy("boxed").len() });
    let value = boxed.await;
    let list: Vec<Pin<Box<dyn Future<Output = Result<u32, Interrupted>>>>> = vec![Box::pin(job(detached(), 1)), Box::pin(fail(detached()))];
    let mut sum = 0;
    for future in list {
        sum += future.await.unwrap_or(9);
    }
    fn deep(n: u32) -> Pin<Box<dyn Future<Output = u32>>> {
        Box::pin(async move { if n == 0 { 0 } else { pause().await; deep(n - 1).await + 1 } })
    }
    let depth = deep(3).await;
    Ok(value + sum + depth + job(hidden(), 1).await?)
}
async fn pinned_futures(progress: Progress) -> Result<u32, Interrupted> {
    let mut future = std::pin::pin!(give(hidden(), "pinned"));
    let value = future.as_mut().await;
    let other = std::pin::pin!(async { pause().await; 3 }).await;
    let never = async { std::future::pending::<u32>().await };
    drop(never);
    Ok(value.len() + other)
}
async fn unpolled_futures(progress: Progress) -> Result<u32, Interrupted> {
    let held = noisy("held");
    let future = take(detached(), held);
    drop(future);
    let later = give(detached(), "later");
    let first = give(hidden(), "first").await;
    Ok(later.await.len() + first.len())
}
async fn async_blocks_that_leave(progress: Progress) -> Result<u32, Interrupted> {
    let outer = noisy("outer");
    let kept: Result<u32, Interrupted> = async {
        let inner = noisy("inner");
        let value = fail(hidden()).await?;
        Ok(value)
    }
    .await;
    let of_option = async { let n = outer.none()?; Some(n + 1) }.await;
    let returned = async { if outer.len() > 2 { return 5; } 6 }.await;
    Ok(kept.unwrap_or(1) + of_option.unwrap_or(2) + returned)
}
async fn items_that_wait(progress: Progress) -> Result<u32, Interrupted> {
    async fn double(progress: Progress, n: u32) -> u32 {
        pause().await;
        n * 2
    }
    mod inner {
        pub const THREE: u32 = 3;
    }
    let value = double(hidden(), inner::THREE).await;
    fn after(n: u32) -> u32 {
        n + 1
    }
    Ok(after(value))
}
async fn generic_items(progress: Progress) -> Result<u32, Interrupted> {
    struct Wrapper<T, const N: usize>([T; N]);
    impl<T: Copy + Into<u32>, const N: usize> Wrapper<T, N> {
        const LENGTH: usize = N;
        fn sum(&self) -> u32 {
            self.0.iter().map(|n| (*n).into()).sum()
        }
    }
    impl<T, const N: usize> Drop for Wrapper<T, N> {
        fn drop(&mut self) {
            log(format!("drop wrapper of {}", N));
        }
    }
    let wrapper = Wrapper([1u8, 2, 3]);
    let sum = job(hidden(), wrapper.sum()).await?;
    let length = Wrapper::<u8, 5>::LENGTH as u32;
    let default = <Option<u32> as Default>::default();
    let of_trait = <u32 as std::str::FromStr>::from_str("4").unwrap_or(1);
    Ok(sum + length + default.unwrap_or(2) + of_trait)
}
async fn operators_of_types(progress: Progress) -> Result<u32, Interrupted> {
    #[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
    struct Meters(u32);
    impl std::ops::Add for Meters {
        type Output = Meters;
        fn add(self, other: Meters) -> Meters {
            log("add");
            Meters(self.0 + other.0)
        }
    }
    impl std::ops::AddAssign<u32> for Meters {
        fn add_assign(&mut self, other: u32) {
            log("add assign");
            self.0 += other;
        }
    }
    impl std::ops::Index<usize> for Meters {
        type Output = u32;
        fn index(&self, _: usize) -> &u32 {
            log("index");
            &self.0
        }
    }
    let mut sum = Meters(1) + Meters(job(hidden(), 2).await?);
    sum += 3;
    let indexed = sum[0];
    let more = sum > Meters(2);
    let negative = -(indexed as i64);
    Ok(indexed + u32::from(more) + negative.unsigned_abs() as u32)
}
async fn references_of_references(progress: Progress) -> Result<u32, Interrupted> {
    let own = noisy("own");
    let reference = &&own;
    let deref = *reference;
    let text: &str = borrow(hidden(), *reference).await?;
    let boxed = Box::new(noisy("boxed"));
    let length = (*boxed).len();
    let unboxed = *boxed;
    let mut number = 3;
    let mutable = &mut &mut number;
    **mutable += 1;
    let raw = &raw const number;
    let read = unsafe { *raw };
    Ok(text.len() as u32 + deref.len() + length + unboxed.len() + read)
}
async fn shared_owners(progress: Progress) -> Result<u32, Interrupted> {
    use std::rc::Rc;
    let shared = Rc::new(noisy("shared"));
    let other = Rc::clone(&shared);
    drop(shared);
    let cell = Rc::new(RefCell::new(vec![noisy("in a cell")]));
    cell.borrow_mut().push(give(hidden(), "pushed").await);
    let length = cell.borrow().len() as u32;
    let last = cell.borrow_mut().pop();
    let weak = Rc::downgrade(&other);
    let alive = weak.upgrade().map_or(0, |noisy| noisy.len());
    Ok(length + alive + last.map_or(0, |last| last.len()))
}
async fn replaced_values(progress: Progress) -> Result<u32, Interrupted> {
    let mut kept = noisy("old");
    let old = std::mem::replace(&mut kept, give(hidden(), "new").await);
    let mut option = Some(noisy("option"));
    let taken = option.take();
    let inserted = option.insert(noisy("inserted")).len();
    kept = noisy("newest");
    let swapped = option.replace(noisy("replaced"));
    Ok(old.len() + kept.len() + inserted + taken.map_or(0, |noisy| noisy.len()))
}
async fn options_and_results(progress: Progress) -> Result<u32, Interrupted> {
    let found = Some(3u32).and_then(|n| n.checked_sub(1)).ok_or(Interrupted::TimedOut)?;
    let mapped = job(hidden(), found).await.map(|n| n + 1).unwrap_or_else(|_| 0);
    let both = Some(noisy("left")).zip(Some(noisy("right")));
    let swapped: Result<Option<u32>, Interrupted> = Some(Ok(3)).transpose();
    let list: Option<Vec<u32>> = vec![Some(1), None].into_iter().collect();
    let okay = fail(hidden()).await.or_else(|_| Ok::<u32, Interrupted>(4))?;
    Ok(mapped + swapped?.unwrap_or(1) + okay + list.map_or(2, |list| list.len() as u32))
}
async fn iterators(progress: Progress) -> Result<u32, Interrupted> {
    let list = vec![noisy("a"), noisy("bb"), noisy("ccc")];
    let lengths: Vec<u32> = list.iter().map(Noisy::len).collect();
    let longest = list.iter().max_by_key(|noisy| noisy.len()).map(|noisy| noisy.name());
    let (short, long): (Vec<Noisy>, Vec<Noisy>) = list.into_iter().partition(|noisy| noisy.len() < 2);
    let first = long.into_iter().next();
    let folded = lengths.iter().fold(0, |sum, n| sum + n);
    let mut sorted = [3, 1, 2];
    sorted.sort_by(|a, b| b.cmp(a));
    let texts = sorted.iter().map(ToString::to_string).collect::<Vec<_>>().join("-");
    Ok(job(hidden(), folded).await? + texts.len() as u32 + short.len() as u32)
}
async fn texts(progress: Progress) -> Result<u32, Interrupted> {
    use std::fmt::Write;
    let mut text = String::new();
    write!(text, "{:>5}|{:<3}|{:^#06x}", 1, "a", 255).unwrap();
    let number = job(hidden(), 3).await?;
    writeln!(&mut text, "{number} {0} {name}", 2, name = noisy("name").name()).unwrap();
    text += "more";
    let part = &text[1..4];
    let escaped = "line\n\t\"quoted\" \u{e9} {}";
    let long = "one \
                line";
    let joined = concat!("a", 1, true);
    Ok((text.len() + part.len() + escaped.len() + long.len() + joined.len()) as u32)
}
async fn numbers(progress: Progress) -> Result<u32, Interrupted> {
    let big = 1_000_000u64;
    let hex = 0xff_u8;
    let binary = 0b1010;
    let octal = 0o17;
    let float = 2.5_f32;
    let exponent = 1e3;
    let shifted = 1u32 << 4 >> 2;
    let wrapped = 250u8.wrapping_add(10);
    let checked = 250u8.checked_add(10);
    let cast = -1i32 as u32 as u64 as f64 as u8;
    let compared = 3 < 4 && (2 >= 2) != false;
    Ok(job(hidden(), big as u32 + u32::from(hex) + binary + octal).await? + float as u32 + exponent as u32 + shifted + u32::from(wrapped) + u32::from(cast) + u32::from(compared))
}
#[edition(2021)]
async fn literals_of_2021(progress: Progress) -> Result<u32, Interrupted> {
    let text = c"for C";
    let length = text.to_bytes().len() as u32;
    let [first, second] = [noisy("first"), noisy("second")].map(|noisy| noisy.len());
    let all: u32 = [1, 2].into_iter().sum();
    let narrow: Result<u8, _> = u8::try_from(job(hidden(), 300).await?);
    Ok(length + first + second + all + u32::from(narrow.is_err()))
}
#[edition(2021)]
async fn captures_of_fields(progress: Progress) -> Result<u32, Interrupted> {
    let mut pair = (noisy("left"), noisy("right"));
    let length = || pair.0.len();
    let other = &mut pair.1;
    other.0 = "changed";
    let sum = length() + other.len();
    let moved = { let left = pair.0; move || left.len() };
    Ok(job(hidden(), sum).await? + moved() + pair.1.len())
}
#[edition(2024)]
async fn let_chains_with_else(progress: Progress) -> Result<u32, Interrupted> {
    let value = if let Some(first) = noisy("first").guard().option()
        && first > 100
        && let Some(second) = noisy("never").some()
    {
        job(hidden(), second).await?
    } else if let Some(third) = noisy("third").guard().option()
        && third == 5
    {
        give(hidden(), "in the else").await.len()
    } else {
        1
    };
    let mut list = vec![3, 2, 1];
    while let Some(last) = list.pop()
        && last < 3
    {
        log(format!("{last}"));
    }
    Ok(value)
}
async fn statics(progress: Progress) -> Result<u32, Interrupted> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(1);
    thread_local! {
        static LOCAL: Cell<u32> = const { Cell::new(2) };
    }
    let before = COUNT.load(Ordering::SeqCst);
    COUNT.store(1, Ordering::SeqCst);
    let local = LOCAL.with(|local| local.get());
    const ARRAY: [u32; 3] = [1, 2, 3];
    let third = ARRAY[ARRAY.len() - 1];
    Ok(job(hidden(), before + local).await? + third)
}
async fn locks(progress: Progress) -> Result<u32, Interrupted> {
    let lock = Mutex::new(vec![noisy("locked")]);
    lock.lock().unwrap().push(give(hidden(), "pushed").await);
    let length = lock.lock().unwrap().len() as u32;
    {
        let mut list = lock.lock().unwrap();
        list.remove(0);
    }
    let last = lock.into_inner().unwrap().pop();
    Ok(length + last.map_or(0, |noisy| noisy.len()))
}
async fn macros_of_the_body(progress: Progress) -> Result<u32, Interrupted> {
    macro_rules! bind {
        ($name:ident = $value:expr) => {
            let $name = $value;
        };
    }
    macro_rules! sum {
        ($($value:expr),* $(,)?) => { 0 $(+ $value)* };
    }
    macro_rules! early {
        ($value:expr) => {
            if $value > 100 {
                return Ok($value);
            }
        };
    }
    let first = job(hidden(), 3).await?;
    early!(first);
    let total = sum!(first, 4, noisy("argument").len());
    let list = vec![noisy("repeated").len(); 3];
    early! { total }
    assert_ne!(total, 0, "{} is not zero", total);
    Ok(total + list.len() as u32)
}
async fn configured_statements(progress: Progress) -> Result<u32, Interrupted> {
    #[cfg(any())]
    let value = nothing(hidden()).await;
    #[cfg(not(any()))]
    let value = job(hidden(), 3).await?;
    #[cfg(any())]
    {
        return Ok(1);
    }
    #[cfg(any())]
    let value = job(progress, 3).await?;
    #[cfg_attr(any(), nothing)]
    let other = noisy("kept");
    let list = [#[cfg(not(any()))] 1, #[cfg(any())] "text"];
    let of_match = match value {
        #[cfg(any())]
        3 => 1,
        _ => 2,
    };
    let if_configured = if cfg!(any()) { 1 } else { 2 };
    Ok(value + other.len() + list[0] + of_match + if_configured)
}
async fn lifetimes<'a>(text: &'a str, progress: Progress) -> &'a str {
    let local = noisy("local");
    let found = text.split('x').next().unwrap_or(text);
    job(hidden(), local.len()).await.ok();
    found
}
async fn generics<T: Debug + Into<u32>>(value: T, progress: Progress) -> Result<u32, Interrupted>
where
    T: Copy,
{
    let text = format!("{:?}", value);
    let number: u32 = value.into();
    let same = async { drop(hidden()); value }.await;
    Ok(job(hidden(), number).await? + text.len() as u32 + same.into())
}
async fn const_generics<const N: usize>(list: [u32; N], progress: Progress) -> u32 {
    let sum: u32 = list.iter().sum();
    let array = [sum; N];
    for number in list {
        log(format!("{} of {}", number, N));
    }
    job(hidden(), array.len() as u32).await.unwrap_or(1) + sum
}
async fn impl_parameters(value: impl Into<u32>, progress: Progress) -> u32 {
    let number = value.into();
    let local = noisy("local");
    take(hidden(), local).await + number
}
async fn mutable_parameters(mut a: Noisy, (b, mut c): (Noisy, Noisy), progress: Progress) -> Result<u32, Interrupted> {
    let old = std::mem::replace(&mut a, b);
    c = give(hidden(), "new").await;
    drop(a);
    let own = async { pause().await; fail(hidden()).await }.await;
    own?;
    Ok(old.len() + c.len())
}
async fn futures_as_values(progress: Progress) -> impl Debug {
    let local = noisy("local");
    let value = job(hidden(), local.len()).await;
    (value.ok(), "text")
}
async fn tuple_from_the_return(progress: Progress) -> (u64, Option<Vec<u8>>, [i16; 2]) {
    let small = 3;
    let list = async { drop(hidden()); (1..3).collect() }.await;
    (small, Some(list), [1, -1])
}
async fn options_of_owned_values(progress: Progress) -> Option<Noisy> {
    let first = noisy("first");
    let second = Some(give(hidden(), "second").await)?;
    let third = try_give(hidden(), "third").await.ok()?;
    Some(if first.len() > second.len() { first } else { third })
}
async fn boxed_errors(progress: Progress) -> Result<u32, Box<dyn std::error::Error>> {
    let local = noisy("local");
    let value = job(hidden(), 3).await?;
    let parsed: u32 = "not a number".parse()?;
    Ok(value + parsed)
}
async fn own_errors(progress: Progress) -> Result<u32, String> {
    let value = job(hidden(), 3).await.map_err(|error| error.to_string())?;
    let checked = if value > 2 { Err(format!("{} is too many", value)) } else { Ok(value) };
    let kept = checked.clone();
    let local = noisy("local");
    let unwrapped = checked?;
    Ok(unwrapped + kept?)
}
async fn unit_values(progress: Progress) -> Result<(), Interrupted> {
    let unit = ();
    let () = log("unit pattern");
    let of_call = give(hidden(), "dropped").await.len();
    let nothing = { job(hidden(), of_call).await?; };
    Ok(nothing)
}
async fn temporaries_of_conditions(progress: Progress) -> Result<u32, Interrupted> {
    let value = if noisy("condition").guard().value() > 3 { log("then"); 1 } else { 2 };
    while noisy("while").guard().value() > 100 {
        log("never");
    }
    let both = noisy("left").guard().value() > 3 && noisy("right").guard().value() > 3;
    if !both || give(detached(), "awaited").await.guard().value() > 3 {
        job(hidden(), 1).await?;
    }
    log("after");
    Ok(value)
}
async fn temporaries_of_arguments(progress: Progress) -> Result<u32, Interrupted> {
    let value = job(hidden(), noisy("one").guard().value() + noisy("two").guard().value()).await? + noisy("three").guard().value();
    let text = borrow(hidden(), noisy("argument").guard().0).await?.len() as u32;
    let list = [noisy("in an array").guard().value(), take(hidden(), noisy("taken")).await];
    let pair = (give(hidden(), "left").await.len(), noisy("right").guard().value());
    Ok(value + text + list[0] + list[1] + pair.0 + pair.1)
}
async fn panics_that_are_caught(progress: Progress) -> Result<u32, Interrupted> {
    let caught = std::panic::catch_unwind(|| 3).unwrap_or(1);
    let value = job(hidden(), caught).await?;
    let checked = std::panic::catch_unwind(|| { noisy("inside").len() });
    Ok(value + checked.unwrap_or(0))
}
async fn arms_typed_by_a_method(progress: Progress) -> Result<u32, Interrupted> {
    let mut list = if true { open_result(hidden()).await? } else { Vec::new() };
    list.push(1u8);
    let mut other = if let Some(3) = Some(3) { open(hidden()).await } else { Vec::new() };
    other.push(2u8);
    let mut third = match list.len() { 1 => open(hidden()).await, 2 => vec![], _ => Default::default() };
    third.push(3u8);
    let mut fourth = { if true { open_result(hidden()).await? } else { Vec::new() } };
    fourth.push(4u8);
    Ok((list.len() + other.len() + third.len() + fourth.len()) as u32)
}
async fn arms_typed_by_a_later_let(progress: Progress) -> Result<u32, Interrupted> {
    let value = if job(hidden(), 3).await.is_ok() { Default::default() } else { Default::default() };
    let typed: u32 = value;
    let list = match job(hidden(), typed).await? { 3 => (0..3u32).collect(), _ => Default::default() };
    let vec: Vec<u32> = list;
    let sum = if true { drop(hidden()); [1u32, 2].iter().sum() } else { 0 };
    let added: u32 = sum;
    let into = if true { job(hidden(), 3).await.unwrap_or(1).into() } else { 4 };
    let wide: u64 = into;
    Ok(typed + vec.len() as u32 + added + wide as u32)
}
async fn arms_typed_by_a_later_assignment(progress: Progress) -> u32 {
    let mut value = if job(hidden(), 3).await.is_ok() { None } else { None };
    value = Some(3u32);
    let mut other = if true { drop(hidden()); None } else { None };
    other.replace(3u8);
    let mut number = if true { open_result(hidden()).await.unwrap_or_default() } else { Default::default() };
    if number == 3u8 { number = 4; }
    value.unwrap_or(1) + other.map_or(1, u32::from) + u32::from(number)
}
async fn arms_that_parse(progress: Progress) -> Result<u32, Box<dyn std::error::Error>> {
    let value = if true { drop(hidden()); "5".parse()? } else { "6".parse()? };
    let typed: u32 = value;
    let other = if false { job(hidden(), 3).await?; "5".parse()? } else { Default::default() };
    let also: u8 = other;
    let mapped = if true { job(hidden(), 3).await.map_err(Into::into) } else { Err("no number".into()) };
    let result: Result<u32, Box<dyn std::error::Error>> = mapped;
    Ok(typed + u32::from(also) + result?)
}
async fn arms_with_an_open_error(progress: Progress) -> u32 {
    let value = if true { async { drop(hidden()); Ok(3u32) }.await } else { Ok(4) };
    let typed: Result<u32, String> = value;
    typed.unwrap_or(1)
}
async fn arms_that_leave_beside_open_values(progress: Progress) -> Result<u32, Interrupted> {
    let mut list = if false { open(hidden()).await } else if true { Vec::new() } else { return Ok(3) };
    list.push(1u8);
    let value = if false { return job(hidden(), 3).await } else { 3u8 };
    let Some(mut other) = (if true { open(hidden()).await } else { Some(Vec::new()) }) else { return Ok(9) };
    other.push(1u8);
    Ok(u32::from(value))
}
async fn arms_of_patterns(progress: Progress) -> u32 {
    let (mut list, mut other) = if true { drop(hidden()); (Vec::new(), None) } else { (vec![], None) };
    list.push(1u8);
    other = Some(3u8);
    list.len() as u32 + other.map_or(0, u32::from)
}
async fn arms_that_coerce(progress: Progress) -> Result<u32, Interrupted> {
    let boxed: Box<dyn Debug> = if true { Box::new(job(hidden(), 3).await?) } else { Box::new("text") };
    let add: fn(u32) -> u32 = if true { drop(hidden()); |x| x + 1 } else { |x| x + 2 };
    let slice: &[u8] = if true { drop(hidden()); &[1, 2] } else { &[] };
    let text = String::from("text");
    let first: &str = if true { give_ref(hidden(), &text).await } else { "other" };
    let other = if true { "other" } else { give_ref(hidden(), &text).await };
    Ok(format!("{:?}", boxed).len() as u32 + add(3) + slice.len() as u32 + first.len() as u32 + other.len() as u32)
}
async fn arms_that_coerce_beside_an_await(progress: Progress) -> u32 {
    let add: fn(u32) -> u32 = if false { give_fn(hidden()).await } else { drop(hidden()); |x| x.pow(2) };
    let boxed: Option<Box<dyn Debug>> = match add(2) {
        3 => open(hidden()).await,
        _ => { drop(hidden()); Some(Box::new("text")) }
    };
    let list: Vec<Box<dyn Debug>> = match add(2) { 3 => open(hidden()).await, _ => vec![Box::new(3), Box::new("text")] };
    boxed.is_some() as u32 + list.len() as u32
}
async fn temporaries_of_an_arm_beside_an_await(progress: Progress) -> u32 {
    let shared = String::from("shared");
    let text: &str = match shared.len() {
        3 => give_ref(hidden(), &shared).await,
        _ => &format!("{}", job(hidden(), 3).await.unwrap_or(1)),
    };
    let name = match text.len() { 9 => &give(hidden(), "awaited").await, _ => &noisy("made") };
    let taken = match name.len() { 9 => job(hidden(), 3).await, _ => Ok(take(hidden(), noisy("taken")).await) };
    text.len() as u32 + taken.unwrap_or(1)
}
async fn failure_beside_a_value(progress: Progress) -> u32 {
    let value = if true { fail(hidden()).await } else { drop(hidden()); Ok(3) };
    let typed: Result<u32, Interrupted> = if true { fail(hidden()).await } else { drop(hidden()); Ok(3) };
    value.unwrap_or(1) + typed.unwrap_or(1)
}
async fn arms_of_the_value(progress: Progress) -> Result<Box<dyn Debug>, Interrupted> {
    Ok(if true { Box::new(job(hidden(), 3).await?) } else { Box::new("text") })
}
async fn arms_of_the_value_beside_an_await(progress: Progress) -> Result<Box<dyn Debug>, Interrupted> {
    if false { open_box(hidden()).await } else { drop(hidden()); Ok(Box::new("text")) }
}
async fn arms_of_a_value_that_is_open(progress: Progress) -> Result<Vec<u8>, Interrupted> {
    let value = if true { open_result(hidden()).await } else { Ok(Default::default()) };
    value
}
async fn macros_that_bind(progress: Progress) -> Result<u32, Interrupted> {
    macro_rules! bind {
        ($name:ident = $value:expr) => {
            let $name = $value;
        };
    }
    macro_rules! twice {
        ($text:expr) => {
            log($text);
            log($text);
        };
    }
    bind!(first = job(hidden(), 3).await?);
    let between = noisy("between");
    bind!(second = give(hidden(), "bound").await);
    bind! { third = noisy("in braces") }
    twice!("statements");
    twice! { "statements in braces" }
    bind![fourth = second.len() + third.len()];
    if first > 100 {
        return Ok(between.len());
    }
    let inside = {
        bind!(fifth = give(hidden(), "inside").await);
        fifth.len()
    };
    Ok(first + fourth + inside)
}
async fn macro_that_leaves(progress: Progress) -> Result<u32, Interrupted> {
    macro_rules! leave {
        ($value:expr) => {
            return Ok($value)
        };
    }
    let value = job(hidden(), 3).await?;
    leave!(value);
}
async fn other_variables_of_the_name(progress: Progress) -> Result<u32, Interrupted> {
    let mut sum = {
        let progress = 3;
        progress + 1
    };
    let by_arm = match Some(sum) {
        Some(progress) => progress,
        None => 0,
    };
    let by_guard = match (by_arm, 2) {
        (other, progress) if progress > 1 => progress + other,
        _ => 0,
    };
    if let Some(progress) = Some(by_guard) {
        sum += progress;
    } else if let Some(progress) = Some(1) {
        sum += progress;
    }
    for progress in [1, 2] {
        sum += progress;
    }
    while let Some(progress) = None::<u32> {
        sum += progress;
    }
    let text = format!("{}", {
        let progress = 1;
        progress
    });
    let later = {
        let inner = hidden();
        let progress = job(inner, sum).await?;
        progress
    };
    Ok(sum + later + text.len() as u32)
}
async fn temporaries_of_a_tail_call(progress: Progress) -> u32 {
    let outer = noisy("outer");
    borrow(hidden(), &noisy("argument")).await.map(|text| text.len() as u32).unwrap_or(0)
}
async fn temporaries_at_the_end_of_an_item(progress: Progress) -> u32 {
    for number in [1, 2u32] {
        let inner = noisy("inner");
        drop(noisy("value").guard().value())
    }
    for number in [1, 2u32] {
        let inner = noisy("inner with a share");
        drop(borrow(hidden(), &noisy("argument")).await)
    }
    3
}
