export { type Liar, listenLiar, type ListeningLiar, type SilentStep } from './liar.ts'
export { liars } from './liars.ts'
