async fn wrong_type(progress: Progress) -> Result<u32, Interrupted> {
    let text: String = job(hidden(), 3).await?;
    Ok(3)
}
async fn moved_twice(progress: Progress) -> Result<u32, Interrupted> {
    let first = noisy("first");
    drop(first);
    drop(first);
    Ok(job(hidden(), 3).await?)
}
async fn temporary_is_gone(progress: Progress) -> Result<u32, Interrupted> {
    let text: &str = noisy("gone").guard().0.name();
    Ok(text.len() as u32)
}
async fn temporary_of_a_call_is_gone(progress: Progress) -> Result<u32, Interrupted> {
    let text = borrow(hidden(), &noisy("gone")).await?;
    Ok(text.len() as u32)
}
async fn open_type(progress: Progress) -> Result<u32, Interrupted> {
    let value = open(hidden()).await;
    Ok(3)
}
async fn open_error(progress: Progress) -> u32 {
    let value = async { drop(hidden()); Ok(3) }.await;
    3
}
async fn not_mutable(progress: Progress) -> u32 {
    let list = vec![1];
    list.push(2);
    job(hidden(), 3).await.unwrap_or(1)
}
async fn missing_arm(progress: Progress) -> u32 {
    match job(hidden(), 3).await {
        Ok(value) => value,
    }
}
async fn refutable(progress: Progress) -> u32 {
    let Ok(value) = job(hidden(), 3).await;
    value
}
async fn no_value(progress: Progress) -> u32 {
    job(hidden(), 3).await.unwrap_or(1);
}
async fn error_without_conversion(progress: Progress) -> Result<u32, std::fmt::Error> {
    let value = job(hidden(), 3).await?;
    Ok(value)
}
async fn borrowed_while_mutable(progress: Progress) -> u32 {
    let mut list = vec![1];
    let first = &list[0];
    list.push(2);
    *first + job(hidden(), 3).await.unwrap_or(1)
}
async fn returns_a_local(progress: Progress) -> &'static str {
    let own = String::from("own");
    own.as_str()
}
async fn unknown_name(progress: Progress) -> u32 {
    nothing(hidden()).await
}
async fn type_is_known_too_late(progress: Progress) -> u32 {
    let list = async { drop(hidden()); (0..3u32).collect() }.await;
    let length = list.len();
    let typed: Vec<u32> = list;
    length as u32
}
