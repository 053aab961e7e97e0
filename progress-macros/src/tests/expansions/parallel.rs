async fn media(scene: Scene, progress: Progress) -> Result<Media, Error> {
    #[step(1, "Generating media")]
    #[parallel]
    let (previews, sprites) = (
        #[step(2, "Previews")]
        previews(&scene, progress).await?,
        #[step(1, "Sprites")]
        {
            #[step(1, "Cutting")]
            let cut = cut(&scene, progress).await?;
            #[step(1, "Joining")]
            join(cut, progress).await?
        },
    );
    Ok(Media { previews, sprites })
}
