//! Identity documents: the closed list of types, and numbers that were checked.
//!
//! Rules: resident identity numbers by GB 11643 (ISO 7064 MOD 11-2), residence permits of Hong
//! Kong, Macao and Taiwan residents likewise, travel permits, passports and permanent residence
//! cards by their printed forms. Only the first two digits of a resident number's division are
//! checked: abolished division codes are common in valid numbers.

mod error;
mod number;

pub use error::DocumentError;
pub use number::{AgeBand, DocumentNumber, Sex, mask_number, upgrade_old_resident_number};

crate::word_list! {
    /// Kind of identity document.
    DocumentType {
        /// Resident identity card (居民身份证).
        ResidentId = 1, "resident_id";
        /// Residence permit of Hong Kong, Macao and Taiwan residents (港澳台居民居住证).
        HkmtResidencePermit = 2, "hkmt_residence_permit";
        /// Mainland travel permit of Hong Kong and Macao residents (回乡证).
        HomeReturnPermit = 3, "home_return_permit";
        /// Mainland travel permit of Taiwan residents (台胞证).
        TaiwanPermit = 4, "taiwan_permit";
        /// Foreign permanent resident identity card (外国人永久居留身份证).
        ForeignPermanentResidence = 5, "foreign_permanent_residence";
        /// Passport issued in China.
        PassportCn = 6, "passport_cn";
        /// Passport of another country.
        PassportForeign = 7, "passport_foreign";
    }
}

impl DocumentType {
    /// Code of WS 364.3 table CV02.01.101, used in health data exchange.
    ///
    /// The table knows no residence permit for Hong Kong, Macao and Taiwan residents and no
    /// permanent residence card; both go out as 99 (other).
    #[must_use]
    pub const fn ws364_code(self) -> &'static str {
        match self {
            Self::ResidentId => "01",
            Self::PassportCn | Self::PassportForeign => "03",
            Self::HomeReturnPermit => "06",
            Self::TaiwanPermit => "07",
            Self::HkmtResidencePermit | Self::ForeignPermanentResidence => "99",
        }
    }

    /// Code in the style of GA/T 517, used in police data exchange.
    #[must_use]
    pub const fn gat517_code(self) -> &'static str {
        match self {
            Self::ResidentId => "111",
            Self::PassportCn | Self::PassportForeign => "414",
            Self::TaiwanPermit => "511",
            Self::HomeReturnPermit => "516",
            Self::ForeignPermanentResidence => "553",
            Self::HkmtResidencePermit => "154",
        }
    }

    /// The name of the document in Chinese.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::ResidentId => "居民身份证",
            Self::HkmtResidencePermit => "港澳台居民居住证",
            Self::HomeReturnPermit => "港澳居民来往内地通行证",
            Self::TaiwanPermit => "台湾居民来往大陆通行证",
            Self::ForeignPermanentResidence => "外国人永久居留身份证",
            Self::PassportCn => "中国护照",
            Self::PassportForeign => "外国护照",
        }
    }

    /// The name of the document in English.
    #[must_use]
    pub const fn name_en(self) -> &'static str {
        match self {
            Self::ResidentId => "resident identity card",
            Self::HkmtResidencePermit => {
                "residence permit for Hong Kong, Macao and Taiwan residents"
            }
            Self::HomeReturnPermit => "mainland travel permit for Hong Kong and Macao residents",
            Self::TaiwanPermit => "mainland travel permit for Taiwan residents",
            Self::ForeignPermanentResidence => "foreign permanent resident identity card",
            Self::PassportCn => "Chinese passport",
            Self::PassportForeign => "foreign passport",
        }
    }
}
