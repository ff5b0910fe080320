//! One macro for integer newtypes and one for closed word lists, so that every id and every
//! enumeration of the system behaves the same on the wire, in SQL and in text.

/// Declares an integer newtype: ordered, hashable, transparent in JSON, SQL and text.
macro_rules! int_newtype {
    ($(#[$doc:meta])* $name:ident($inner:ty, $variant:ident)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name($inner);

        impl $name {
            /// Wraps a raw number, for values that come from the database or a path.
            #[must_use]
            pub const fn new(value: $inner) -> Self {
                Self(value)
            }

            /// The raw number.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        #[cfg(feature = "postgres")]
        impl postgres_types::ToSql for $name {
            fn to_sql(
                &self,
                ty: &postgres_types::Type,
                out: &mut bytes::BytesMut,
            ) -> Result<
                postgres_types::IsNull,
                Box<dyn std::error::Error + Sync + Send>,
            > {
                self.0.to_sql(ty, out)
            }

            fn accepts(ty: &postgres_types::Type) -> bool {
                *ty == postgres_types::Type::$variant
            }

            postgres_types::to_sql_checked!();
        }

        #[cfg(feature = "postgres")]
        impl<'a> postgres_types::FromSql<'a> for $name {
            fn from_sql(
                ty: &postgres_types::Type,
                raw: &'a [u8],
            ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
                <$inner as postgres_types::FromSql<'a>>::from_sql(ty, raw).map(Self)
            }

            fn accepts(ty: &postgres_types::Type) -> bool {
                *ty == postgres_types::Type::$variant
            }
        }
    };
}

/// Declares a closed word list: snake_case words on the wire, small numbers in the database.
///
/// Numbers are stored, so a number once given to a word is never given to another.
///
/// A word is taken as a plain token (`tt`): as a `literal` it would reach the derive of the API
/// description wrapped, which then overlooks the rename and describes the Rust name.
#[macro_export]
macro_rules! word_list {
    (
        $(#[$doc:meta])*
        $name:ident { $( $(#[$variant_doc:meta])* $variant:ident = $code:literal, $word:tt; )+ }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[repr(u8)]
        pub enum $name {
            $(
                $(#[$variant_doc])*
                #[serde(rename = $word)]
                $variant = $code,
            )+
        }

        impl $name {
            /// Every word of the list, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The number that stands for the word in the database.
            #[must_use]
            pub const fn code(self) -> i16 {
                self as i16
            }

            /// The word for a stored number; `None` for a number never given out.
            #[must_use]
            pub const fn from_code(code: i16) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The word as it stands in JSON, rule tables and cases.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The member of the list for a word; `None` for an unknown word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use int_newtype;
