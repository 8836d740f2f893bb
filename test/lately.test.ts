import t from 'tap'
import { lately } from '../src/lately.js'

t.test('an answer is computed once, until it is the one that was not asked for the longest', async (t) => {
  const computed: string[] = []
  const two = lately<string>(2)
  const ask = (key: string) =>
    two(key, () => {
      computed.push(key)
      return `of ${key}`
    })
  t.strictSame(['a', 'b', 'a', 'c', 'a', 'b'].map(ask), ['of a', 'of b', 'of a', 'of c', 'of a', 'of b'])
  t.strictSame(computed, ['a', 'b', 'c', 'b'], 'b went when c came, since a had been asked for after it')
})

t.test('an answer of undefined is one, what is thrown is none, and long keys are not kept', async (t) => {
  let times = 0
  const count = (answer: () => undefined) => () => {
    times += 1
    return answer()
  }
  const kept = lately<undefined>(10)
  const nothing = count(() => undefined)
  kept('nothing', nothing)
  kept('nothing', nothing)
  t.equal(times, 1)
  const failing = count(() => {
    throw new Error('not now')
  })
  t.throws(() => kept('fails', failing), /not now/)
  t.throws(() => kept('fails', failing), /not now/)
  t.equal(times, 3)
  const long = 'x'.repeat(10_000)
  kept(long, nothing)
  kept(long, nothing)
  t.equal(times, 5)
})
