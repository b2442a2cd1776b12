use bitcoin::bip158::BlockFilter;
use bitcoin::block::Header;
use bitcoin::consensus::{deserialize, deserialize_partial};
use bitcoin::hashes::Hash;
use bitcoin::{Block, BlockHash};
use std::collections::HashMap;
use std::hint::black_box;

const HEADER_ENTRY: usize = 81;
/// Bytes of a P2WPKH script.
const SCRIPT: usize = 22;

/// Work on bytes of files, which are read once.
#[derive(Default)]
pub struct Works {
    files: HashMap<String, Vec<u8>>,
}

impl Works {
    pub fn load(&mut self, path: &str) {
        self.files.insert(path.to_string(), std::fs::read(path).expect("a file"));
    }

    pub fn run(&self, work: &str, count: u32, path: &str) {
        let bytes = &self.files[path];
        for _ in 0..count {
            match work {
                "block-decode" => drop(black_box(block(bytes))),
                "block-fields" => drop(black_box(fields(&block(bytes)))),
                "block-txids" => drop(black_box(txids(&block(bytes)))),
                "block-check" => {
                    let block = block(bytes);
                    assert!(block.check_merkle_root() && block.check_witness_commitment());
                }
                "headers-decode" => drop(black_box(headers(bytes))),
                "headers-check" => drop(black_box(checked(&headers(bytes)))),
                "filter-match" => assert!(!black_box(matches(bytes))),
                _ => panic!("no such work: {work}"),
            }
        }
    }
}

fn block(bytes: &[u8]) -> Block {
    deserialize(bytes).expect("a block")
}

/// Something of every field.
fn fields(block: &Block) -> u64 {
    let mut sum = u64::from(block.header.time);
    for tx in &block.txdata {
        sum = sum.wrapping_add(tx.version.0 as u64 + u64::from(tx.lock_time.to_consensus_u32()));
        for input in &tx.input {
            sum = sum.wrapping_add(u64::from(input.previous_output.vout));
            sum = sum.wrapping_add(u64::from(input.previous_output.txid.to_byte_array()[0]));
            sum = sum.wrapping_add((input.script_sig.len() + input.witness.len()) as u64);
            for item in input.witness.iter() {
                sum = sum.wrapping_add(item.len() as u64);
            }
        }
        for output in &tx.output {
            sum = sum.wrapping_add(output.value.to_sat() + output.script_pubkey.len() as u64);
        }
    }
    sum
}

fn txids(block: &Block) -> Vec<bitcoin::Txid> {
    block.txdata.iter().map(|tx| tx.compute_txid()).collect()
}

/// The payload of a `headers` message.
fn headers(bytes: &[u8]) -> Vec<Header> {
    let (count, start) = deserialize_partial::<bitcoin::VarInt>(bytes).expect("a count");
    (0..count.0 as usize)
        .map(|index| {
            let at = start + HEADER_ENTRY * index;
            deserialize(&bytes[at..at + HEADER_ENTRY - 1]).expect("a header")
        })
        .collect()
}

fn checked(headers: &[Header]) -> Vec<BlockHash> {
    headers.iter().map(|header| header.validate_pow(header.target()).expect("work")).collect()
}

/// A block's hash, the length of its filter (4 bytes), the filter, and scripts of 22 bytes.
fn matches(bytes: &[u8]) -> bool {
    let hash = BlockHash::from_byte_array(bytes[..32].try_into().expect("a hash"));
    let length = u32::from_le_bytes(bytes[32..36].try_into().expect("a length")) as usize;
    let filter = BlockFilter::new(&bytes[36..36 + length]);
    filter.match_any(&hash, bytes[36 + length..].chunks(SCRIPT)).expect("a filter")
}
