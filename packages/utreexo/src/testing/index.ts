export { bentProofs, type BentProof } from './bent-proofs.ts'
