//! The division tree of district 440310 with its grids. The communities are the
//! real ones; grids below them are numbered 001, 002 … as enclosures need them.

use anyhow::{Context, Result};

const PINGSHAN: &str = include_str!("../../../../data/divisions/pingshan.csv");

/// One node as the server's import takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// Hierarchical code: 6, 9, 12 or 15 digits.
    pub code: String,
    /// Name as shown.
    pub name: String,
    /// `district`, `subdistrict`, `community` or `grid`.
    pub level: &'static str,
    /// Code one level up; empty for the district.
    pub parent: String,
}

/// The tree, in an order in which parents come first.
#[derive(Clone, Debug)]
pub struct Tree {
    /// All divisions.
    pub divisions: Vec<Division>,
    /// Codes of the communities that people live in.
    pub communities: Vec<String>,
}

impl Tree {
    /// District, subdistricts and communities of Pingshan.
    ///
    /// # Errors
    /// When the list built into the program cannot be read.
    pub fn pingshan() -> Result<Self> {
        let mut divisions = Vec::new();
        let mut reader = csv::Reader::from_reader(PINGSHAN.as_bytes());
        for row in reader.records() {
            let row = row.context("the built-in list of divisions cannot be read")?;
            let field = |column: usize| row.get(column).unwrap_or_default().to_owned();
            let level = match field(2).as_str() {
                "district" => "district",
                "subdistrict" => "subdistrict",
                _ => "community",
            };
            // The statistical source writes 居委会 behind every community; people say 社区.
            let name = field(1).replace("居民委员会", "").replace("居委会", "");
            divisions.push(Division {
                code: field(0),
                name,
                level,
                parent: field(3),
            });
        }
        let communities = divisions
            .iter()
            .filter(|division| division.level == "community")
            .map(|division| division.code.clone())
            .collect();
        Ok(Self {
            divisions,
            communities,
        })
    }

    /// Code of the district itself.
    pub fn district(&self) -> &str {
        &self.divisions[0].code
    }

    /// Name of a division, without its kind (六联社区 → 六联).
    pub fn short_name(&self, code: &str) -> &str {
        let found = self.divisions.iter().find(|division| division.code == code);
        found.map_or("", |division| division.name.trim_end_matches("社区"))
    }

    /// Appends `count` grids below `community` and answers the number of the first.
    pub fn add_grids(&mut self, community: &str, count: u64) -> u64 {
        let is_here =
            |division: &&Division| division.level == "grid" && division.parent == community;
        let first = self.divisions.iter().filter(is_here).count() as u64 + 1;
        for number in first..first + count {
            self.divisions.push(Division {
                code: format!("{community}{number:03}"),
                name: format!("{}第{number}网格", self.short_name(community)),
                level: "grid",
                parent: community.to_owned(),
            });
        }
        first
    }

    /// The tree as the CSV that the import takes: code, name, level, parent.
    ///
    /// # Errors
    /// Never in memory; kept because the writer's interface may fail.
    pub fn to_csv(&self) -> Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["code", "name", "level", "parent"])?;
        for division in &self.divisions {
            writer.write_record([
                &division.code,
                &division.name,
                division.level,
                &division.parent,
            ])?;
        }
        writer
            .into_inner()
            .context("the list of divisions could not be written")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_numbered_below_their_community() {
        let mut tree = Tree::pingshan().expect("reads");
        assert_eq!(tree.district(), "440310");
        let community = tree.communities[0].clone();
        assert_eq!(tree.add_grids(&community, 2), 1);
        assert_eq!(tree.add_grids(&community, 1), 3);
        let last = tree.divisions.last().expect("grids");
        assert_eq!(last.code, "440310001001003");
        assert_eq!(last.parent, "440310001001");
        assert!(
            tree.divisions
                .iter()
                .all(|division| !division.name.contains("居委会"))
        );
    }
}
