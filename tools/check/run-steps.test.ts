import { expect, it } from 'vitest'
import { runSteps, type Step } from './run-steps.ts'

/** Steps that end when they are told to, in whatever order. */
class Held {
  readonly begun: string[] = []
  readonly #ends = new Map<string, (passed: boolean) => void>()

  readonly run = ({ name }: Step): Promise<boolean> => {
    this.begun.push(name)
    return new Promise((end) => this.#ends.set(name, end))
  }

  /** Ends one, and lets whatever that sets off begin. */
  async end(name: string, passed = true): Promise<void> {
    this.#ends.get(name)!(passed)
    await new Promise((done) => setImmediate(done))
  }
}

it('keeps so many at work, in the order of the list, and each after those that it needs', async () => {
  const held = new Held()
  const steps = [{ name: 'build' }, { name: 'lint' }, { name: 'pack', after: ['build'] }, { name: 'types' }]
  const outcomes = runSteps(steps, 2, held.run)
  expect(held.begun).toEqual(['build', 'lint'])
  await held.end('lint')
  expect(held.begun).toEqual(['build', 'lint', 'types'])
  await held.end('build')
  expect(held.begun).toEqual(['build', 'lint', 'types', 'pack'])
  await held.end('pack')
  await held.end('types')
  expect([...(await outcomes).values()]).toEqual(['passed', 'passed', 'passed', 'passed'])
})

it('runs all that can be run where one fails, and says what was not', async () => {
  const held = new Held()
  const steps = [
    { name: 'build' },
    { name: 'pack', after: ['build'] },
    { name: 'install', after: ['pack'] },
    { name: 'lint' },
  ]
  const outcomes = runSteps(steps, 1, held.run)
  await held.end('build', false)
  expect(held.begun).toEqual(['build', 'lint'])
  await held.end('lint')
  expect(Object.fromEntries(await outcomes)).toEqual({
    build: 'failed',
    pack: 'not run',
    install: 'not run',
    lint: 'passed',
  })
})

it('refuses steps of which none can ever begin', async () => {
  const circle = [
    { name: 'a', after: ['b'] },
    { name: 'b', after: ['a'] },
  ]
  await expect(runSteps(circle, 2, async () => true)).rejects.toThrow('never begins: a, b')
})
