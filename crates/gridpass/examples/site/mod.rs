//! A private installation that a measurement fills and asks.

use clap::Args;
use gridpass::assemble::Assembled;
use gridpass::boot::{Store, application};
use gridpass::config::{DataConfig, SiteConfig};
use gridpass::ids::Entropy;

/// Where it is.
#[derive(Args)]
pub struct Site {
    #[command(flatten)]
    data: DataConfig,
    #[command(flatten)]
    site: SiteConfig,
}

impl Site {
    /// Starts its database and puts the application together, without listeners or loops.
    pub async fn open(&self) -> anyhow::Result<(Store, Assembled)> {
        let entropy = Entropy::from_os();
        let store = Store::open(&self.data, self.site.mode, &entropy).await?;
        let assembled = application(&self.site, &store, entropy).await?;
        Ok((store, assembled))
    }
}
