/** What a child can be asked to do, by name; each answer is a plain object. */
export type Answers = Readonly<Record<string, (facts: never) => Promise<object>>>

interface Question {
  readonly ask: string
  readonly id: number
  readonly facts: never
}

/** Answers what the parent asks, one message for each question. */
export function answer(answers: Answers): void {
  process.on('message', ({ ask, id, facts }: Question) => {
    answers[ask]!(facts).then(
      (value) => process.send!({ id, value }),
      (error: unknown) => process.send!({ id, error: String(error) }),
    )
  })
  // Without its parent nobody needs it any more.
  process.on('disconnect', () => process.exit(0))
}

/** Tells the parent of something that it waits for. */
export function tell(told: string, facts: object = {}): void {
  process.send!({ told, facts })
}
