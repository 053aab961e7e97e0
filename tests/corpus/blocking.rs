fn pause() {}

fn job(_: Progress, value: u32) -> Result<u32, Interrupted> {
    Ok(value)
}

fn give(_: Progress, name: &'static str) -> Noisy {
    noisy(name)
}

fn try_give(_: Progress, name: &'static str) -> Result<Noisy, Interrupted> {
    Ok(noisy(name))
}

fn borrow<'a>(_: Progress, noisy: &'a Noisy) -> Result<&'a str, Interrupted> {
    Ok(noisy.name())
}

fn take(_: Progress, noisy: Noisy) -> u32 {
    noisy.len()
}

fn fail(_: Progress) -> Result<u32, Interrupted> {
    Err(Interrupted::TimedOut)
}

fn open<T: Default>(_: Progress) -> T {
    T::default()
}

fn open_result<T: Default>(_: Progress) -> Result<T, Interrupted> {
    Ok(T::default())
}

fn give_ref(_: Progress, text: &String) -> &String {
    text
}

fn give_fn(_: Progress) -> fn(u32) -> u32 {
    |x| x + 1
}

fn open_box(_: Progress) -> Result<Box<dyn Debug>, Interrupted> {
    Ok(Box::new(3u8))
}

fn silent(_: Progress) -> Result<u32, Silent> {
    Err(Silent)
}
