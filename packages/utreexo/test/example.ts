import { bytesToHex, sha256 } from '@sapwood/wire-codec'
import { Forest, isUtreexoError, Stump } from '../src/index.ts'

const leaves = ['a', 'b', 'c', 'd', 'e'].map((name) => sha256(new TextEncoder().encode(name)))
const forest = new Forest() // who makes proofs keeps every leaf
forest.modify([], leaves)
let stump = new Stump(forest.leaves, forest.stump().roots) // everybody else keeps the roots

const spent = [leaves[1]!, leaves[3]!]
const proof = forest.prove(spent)
stump.verify(proof, spent)
console.log(proof.targets, proof.hashes.length / 32, 'hashes')

stump = stump.modify(proof, spent)
forest.modify(spent, [])
console.log(stump.equals(forest.stump()), stump.leaves, bytesToHex(stump.roots[0]!).slice(0, 16))

try {
  stump.verify(proof, spent)
} catch (error) {
  if (isUtreexoError(error)) console.log(error.code, error.fault)
}
