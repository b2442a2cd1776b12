//! What `npm run bench -- peers` holds our packages against, in Rust. Each line of the standard input is one
//! piece of work and how often to do it; the answer is the seconds that one took.

mod blocks;
mod packets;

use std::io::{BufRead, Write};
use std::time::Instant;

fn main() {
    let input = std::io::stdin();
    let mut output = std::io::stdout();
    let mut works = blocks::Works::default();
    for line in input.lock().lines() {
        let line = line.expect("a line");
        let words: Vec<&str> = line.split(' ').collect();
        let count: u32 = words[1].parse().expect("a count");
        let start = Instant::now();
        match words[0] {
            "handshake" => packets::handshakes(count),
            "pipe" => {
                // The handshake is none of the work.
                let mut pipe = packets::Pipe::new(words[2].parse().expect("a size"));
                let start = Instant::now();
                pipe.run(count);
                answer(&mut output, start, count);
                continue;
            }
            // What is read from a file the first time is none of it either.
            "load" => works.load(words[2]),
            work => works.run(work, count, words[2]),
        }
        answer(&mut output, start, count);
    }
}

fn answer(output: &mut impl Write, start: Instant, count: u32) {
    writeln!(output, "{}", start.elapsed().as_secs_f64() / f64::from(count)).expect("a reader");
    output.flush().expect("a reader");
}
