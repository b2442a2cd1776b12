use bip324::{
    CipherSession, GarbageResult, Handshake, Initialized, PacketType, ReceivedKey, Role, VersionResult,
};
use std::hint::black_box;

const REGTEST: [u8; 4] = [0xfa, 0xbf, 0xb5, 0xda];
const LENGTH_BYTES: usize = 3;

pub fn handshakes(count: u32) {
    for _ in 0..count {
        black_box(pair());
    }
}

/// Two sessions whose handshake is done, without garbage.
fn pair() -> (CipherSession, CipherSession) {
    let (mut key_of_one, mut key_of_other) = ([0u8; 64], [0u8; 64]);
    let one = Handshake::<Initialized>::new(REGTEST, Role::Initiator).expect("a key");
    let one = one.send_key(None, &mut key_of_one).expect("room");
    let other = Handshake::<Initialized>::new(REGTEST, Role::Responder).expect("a key");
    let other = other.send_key(None, &mut key_of_other).expect("room");
    let one = one.receive_key(key_of_other).expect("no v1");
    let other = other.receive_key(key_of_one).expect("no v1");
    let mut said_by_one = vec![0u8; Handshake::<ReceivedKey>::send_version_len(None)];
    let mut said_by_other = said_by_one.clone();
    let one = one.send_version(&mut said_by_one, None).expect("room");
    let other = other.send_version(&mut said_by_other, None).expect("room");
    macro_rules! finish {
        ($handshake:expr, $said:expr) => {{
            let (mut handshake, used) = match $handshake.receive_garbage($said).expect("a terminator") {
                GarbageResult::FoundGarbage { handshake, consumed_bytes } => (handshake, consumed_bytes),
                GarbageResult::NeedMoreData(_) => panic!("no terminator"),
            };
            let rest = &$said[used..];
            let length = handshake
                .decrypt_packet_len(rest[..LENGTH_BYTES].try_into().expect("three bytes"))
                .expect("a length");
            let mut packet = rest[LENGTH_BYTES..LENGTH_BYTES + length].to_vec();
            match handshake.receive_version(&mut packet).expect("a version") {
                VersionResult::Complete { cipher } => cipher,
                VersionResult::Decoy(_) => panic!("a decoy"),
            }
        }};
    }
    (finish!(one, &said_by_other), finish!(other, &said_by_one))
}

/// Packets of one size from one session to another.
pub struct Pipe {
    one: CipherSession,
    other: CipherSession,
    contents: Vec<u8>,
}

impl Pipe {
    pub fn new(size: usize) -> Pipe {
        let (one, other) = pair();
        // As ours: a short id before the payload.
        Pipe { one, other, contents: vec![7; 1 + size] }
    }

    /// Each packet and each plaintext in memory of its own, as a program has it that hands them on.
    pub fn run(&mut self, count: u32) {
        for _ in 0..count {
            let packet = self.one.outbound().encrypt_to_vec(&self.contents, PacketType::Genuine, None);
            let inbound = self.other.inbound();
            let length = inbound.decrypt_packet_len(packet[..LENGTH_BYTES].try_into().expect("three bytes"));
            let mut plaintext = vec![0u8; length - 16];
            inbound
                .decrypt(&packet[LENGTH_BYTES..LENGTH_BYTES + length], &mut plaintext, None)
                .expect("authentic");
            black_box(plaintext);
        }
    }
}
