//! Steps that may be skipped, and steps that run at once.

workflow!(
    async fn branches(kind: Kind, found: Option<u32>, progress: Progress) -> Result<Media, Error> {
        #[step(1, "Scanning")]
        #[skip("nothing was found")]
        if let Some(found) = found {
            scan(found, progress).await?;
        }

        #[step(1, "Choosing")]
        let chosen = match kind {
            Kind::Small if found.is_some() => small(progress).await?,
            Kind::Large => {
                // It takes its time.
                large(progress).await?
            }
            Kind::None => 0,
        };

        #[step(2, "Deciding")]
        if chosen > 3 {
            many(chosen, progress).await?;
        } else if chosen > 1 {
            few(chosen, progress).await?;
        } else {
            log("none");
        }

        #[step(3, "Making")]
        #[parallel]
        let (previews, sprites) = (
            #[step(2, "Previews")]
            previews(chosen, progress).await?,
            #[step(1, "Sprites")]
            {
                #[step(1, "Cutting")]
                let cut = cut(chosen, progress).await?;
                #[step(1, "Joining")]
                join(cut, progress).await?
            },
        );

        let Some(first) = previews.first() else {
            return Err(Error::Empty);
        };
        Ok(Media { first, sprites })
    }
);
