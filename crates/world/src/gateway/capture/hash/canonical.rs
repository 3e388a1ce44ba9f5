//! A row in canonical form, as bytes. Two rows have equal bytes exactly if they read the same.
//!
//! Columns come in the order of the schema, each as a tag and its content. Before that, differences
//! between serialisers are removed. An integer in a column of fractions becomes a fraction. Minus
//! zero becomes zero. Accents are composed with their letters (NFC). A decimal gets all the decimal
//! places of its column ([`ColumnKind::canonical`]).

use xxhash_rust::xxh3::xxh3_128;

use crate::base::{Value, ValueRef, composed};
use crate::contract::{ColumnKind, Entity};

/// Brings rows into canonical form and hashes them. Reuses its buffer.
#[derive(Clone, Debug, Default)]
pub struct Canonical {
    bytes: Vec<u8>,
}

impl Canonical {
    /// The hash of `columns` of a row with these `values`: 128-bit XXH3, which is not
    /// cryptographic. For 10⁹ versions, the probability of any collision is about 10⁻²¹.
    pub fn hash(&mut self, entity: &Entity, columns: &[usize], values: &[Value]) -> u128 {
        self.bytes.clear();
        for &column in columns {
            let real = entity.columns[column].kind == ColumnKind::Real;
            values[column].with_ref(|value| write(value, real, &mut self.bytes));
        }
        xxh3_128(&self.bytes)
    }

    pub(super) fn hash_of_text<'t>(&mut self, cells: impl Iterator<Item = &'t str>) -> u128 {
        self.bytes.clear();
        cells.for_each(|cell| write(ValueRef::Text(cell), false, &mut self.bytes));
        xxh3_128(&self.bytes)
    }

    /// The length in bytes of the last hashed row.
    pub fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// The size in bytes of a row in canonical form.
pub(super) fn size(values: &[Value]) -> u64 {
    let one = |value: &Value| match value {
        Value::Null => 1,
        Value::Int(_) | Value::Real(_) => 9,
        Value::Text(text) => 5 + text.len() as u64,
        Value::Fat(fat) => 5 + u64::from(fat.len),
    };
    values.iter().map(one).sum()
}

fn write(value: ValueRef<'_>, real: bool, out: &mut Vec<u8>) {
    match value {
        ValueRef::Null => out.push(0),
        ValueRef::Int(n) if real && n as f64 as i128 == i128::from(n) => write_real(n as f64, out),
        ValueRef::Int(n) => {
            out.push(1);
            out.extend_from_slice(&n.to_le_bytes());
        }
        ValueRef::Real(x) => write_real(x, out),
        ValueRef::Text(text) => {
            let text = composed(text);
            out.push(3);
            out.extend_from_slice(&u32::try_from(text.len()).expect("a text is short").to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
    }
}

fn write_real(x: f64, out: &mut Vec<u8>) {
    // Adding zero turns minus zero into zero.
    out.push(2);
    out.extend_from_slice(&(x + 0.0).to_bits().to_le_bytes());
}
