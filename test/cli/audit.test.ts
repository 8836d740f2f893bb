import '../support/loopback-only.js'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { emptyHead, link } from '../../src/audit/chain.js'
import { signCheckpoint } from '../../src/audit/checkpoint.js'
import { prove } from '../../src/audit/evidence.js'
import type { Entry } from '../../src/audit/event.js'
import { parseSigner } from '../../src/audit/note.js'
import { rootOf } from '../../src/audit/tree.js'
import { createMachine } from '../support/command-line.js'

t.test('verify: a file and a public key, no broker, no database', async (t) => {
  const { home, run } = createMachine(t, {})
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  const origin = 'stint.example.com/record'
  const made = await run(['audit', 'keygen', origin])
  t.equal(made.code, 0)
  const pub = file('checkpoint.pub', `# of the record\n\n${made.err}`)
  const signer = parseSigner(made.out.trim())
  if (!signer) throw new Error('no key')
  t.equal(signer.verifier, made.err.trim())
  t.match(await run(['audit', 'keygen', 'a b']), { code: 2, err: /needs a name without blanks/ })

  const entries: Entry[] = []
  for (let n = 1; n <= 5; n++)
    entries.push(
      // What ends a line elsewhere does not end one here.
      link(
        { kind: 'grant.active', at: n, by: 'corp#ana', grant: 'g', data: { n, text: '\u2028\r' } },
        entries.at(-1) ?? emptyHead,
      ),
    )
  const root = (size: number) => rootOf(entries.slice(0, size).map(({ leaf }) => Buffer.from(leaf, 'hex')))
  const noteOf = (size: number) => signCheckpoint({ origin, size, root: root(size) }, [signer])
  mkdirSync(join(home, 'worm', 'more'), { recursive: true })
  file('worm/3', noteOf(3))
  file('worm/more/4', `${noteOf(4)}${noteOf(2)}`)
  const worm = join(home, 'worm')
  const lines = entries.map(({ text }) => `${text}\n`)
  const log = file('log.ndjson', lines.join(''))

  const verify = (files: readonly string[], ...more: readonly string[]) =>
    run(['audit', 'verify', ...files, '--key', ...more])
  t.match(await verify([log], pub, '--checkpoint', worm), {
    code: 0,
    err: '',
    out: /chain: events 1 to 5 .*\ntree: 3 checkpoints .* 3 of them kept elsewhere; the newest is of 4 events\nnot yet signed: the last 1 events\nverified\n/,
  })
  const inParts = [file('a', lines.slice(0, 2).join('')), file('b', lines.slice(2).join(''))]
  t.match(await verify(inParts, signer.verifier, '--checkpoint', worm), { code: 0, out: /verified\n/ })
  const withNote = file('c', `${lines.join('')}${JSON.stringify({ checkpoint: noteOf(5) })}\n`)
  t.match(await verify([withNote], pub), { code: 0, err: /^No checkpoint was kept elsewhere/ })
  t.match(await verify([log], pub), { code: 9, err: /^NOT VERIFIED: there is no checkpoint/ })
  const cut = file('d', lines.slice(0, 3).join(''))
  t.match(await verify([cut], pub, '--checkpoint', worm), {
    code: 9,
    out: '',
    err: /^NOT VERIFIED at event 4: /,
  })
  const changed = file('e', lines.join('').replace('"n":3', '"n":4'))
  t.match(await verify([changed], pub, '--checkpoint', worm), { code: 9, err: /^NOT VERIFIED at event / })

  const evidence = {
    stint: 'evidence',
    grant: 'g',
    checkpoint: noteOf(5),
    events: await Promise.all(
      entries.map((entry) =>
        prove(entry, 5, async (from, to) =>
          rootOf(entries.slice(from, to).map(({ leaf }) => Buffer.from(leaf, 'hex'))),
        ),
      ),
    ),
  }
  t.match(await verify([file('f', JSON.stringify(evidence))], pub), {
    code: 0,
    out: /^verified: 5 events of grant g /,
  })
  const bent = file('g', JSON.stringify(evidence).replace('\\"n\\":2', '\\"n\\":7'))
  t.match(await verify([bent], pub), {
    code: 9,
    err: /^NOT VERIFIED at event 2: .*not in the log that was signed/,
  })

  for (const [files, more, err] of [
    [[join(home, 'none')], [pub], /none cannot be read \(ENOENT\)/],
    [[log], ['nonsense'], /nonsense cannot be read/],
    [[log], [log], /is neither a verifier key/],
    [[log], [pub, '--checkpoint', join(home, 'nowhere')], /nowhere cannot be read/],
    [[log], [pub, '--checkpoint', log], /There is no checkpoint in/],
  ] as const)
    t.match(await verify(files, ...more), { code: 2, err }, String(err))
  const other = file('other.pub', (await run(['audit', 'keygen', origin])).err)
  t.match(await verify([log], other, '--checkpoint', worm), {
    code: 2,
    err: /is not signed by a key that was given/,
  })
})
