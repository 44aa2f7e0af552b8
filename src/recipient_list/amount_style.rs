//! How a column writes its amounts.

/// What the whole column says about its separators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AmountStyle {
    /// Nothing in the column tells a decimal separator from a thousands separator, or the column contradicts itself: each amount must
    /// speak for itself.
    #[default]
    Unsettled,
    /// `1.234,56`
    DecimalComma,
    /// `1,234.56`
    DecimalPoint,
}

/// Why an amount could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    Missing,
    Malformed,
    /// `1.234`: a thousand and more, or one and a bit?
    Ambiguous,
    /// More than two decimals.
    Precision,
}
