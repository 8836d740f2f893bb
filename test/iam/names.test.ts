import t from 'tap'
import fc from 'fast-check'
import { awsName, sessionName, sourceIdentity, tagValue } from '../../src/iam/names.js'

const runs = { numRuns: 5_000 }
const name = /^[A-Za-z0-9_+=,.@-]{2,64}$/
const anyText = fc.oneof(
  fc.string({ maxLength: 90 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom('=', '-', '_', 'U', 'D', '8', '0', '\ud800', '\udc00', '\ufffd', 'a'),
    maxLength: 12,
  }),
)

t.test('names that AWS takes', async (t) => {
  for (const [text, expected] of [
    ['ana@example.com', 'ana@example.com'],
    ['', '=_'],
    ['a', 'a=_'],
    ['a=_', 'a=3D_'],
    ['aws:x', 'aws=3Ax'],
    ['a b', 'a=20b'],
    ['é', '=C3=A9'],
    ['\ud800', '=UD800'],
    ['😀', '=F0=9F=98=80'],
    ['x'.repeat(64), 'x'.repeat(64)],
  ] as const) {
    t.equal(awsName(text), expected)
  }
  const long = awsName('x'.repeat(65))
  t.match(long, /^x{40}=-[\w-]{22}$/)
  t.not(long, awsName('x'.repeat(66)), 'never merely cut')
  t.not(awsName(long), long, 'a shortened name is no name of its own')
  t.match(awsName(`${'x'.repeat(39)}é${'y'.repeat(40)}`), /^x{39}=-/, 'no escape is cut in two')
  t.not(awsName('\ud800'), awsName('\ufffd'))
  t.not(awsName('\ud800'.repeat(30)), awsName('\ufffd'.repeat(30)))
  t.not(awsName('Ana@example.com'), awsName('ana@example.com'))

  fc.assert(
    fc.property(anyText, (text) => name.test(awsName(text)) && !awsName(text).startsWith('aws:')),
    runs,
  )
  fc.assert(
    fc.property(anyText, anyText, (a, b) => a === b || awsName(a) !== awsName(b)),
    runs,
  )
  fc.assert(
    fc.property(anyText, anyText, (a, b) => a === b || sourceIdentity(a) !== sourceIdentity(b)),
    runs,
  )
  // Neighbours of an encoded form are where collisions would be.
  fc.assert(
    fc.property(anyText, (text) => awsName(text) === text || awsName(awsName(text)) !== awsName(text)),
    runs,
  )
})

t.test('who a session is', async (t) => {
  const ulid = '01KAQZ5S3V7Y8W9X0A1B2C3D4E'
  const ana = 'https://login.example.com/oauth2/default#ana@example.com'
  t.equal(sessionName(ana, ulid), `ana@example.com-${ulid}`)
  t.equal(sessionName('corp#a#b', ulid), `a=23b-${ulid}`)
  t.equal(sourceIdentity('corp#ana@example.com'), 'ana@example.com=23corp')
  t.match(sourceIdentity(ana), /^ana@example\.com=23https=3A/)
  t.match(sourceIdentity(ana), name)
  t.not(sourceIdentity(ana), sourceIdentity(`${ana}.evil`))
  t.not(sourceIdentity('x#y'), sourceIdentity('y#x'))
  t.not(sourceIdentity('a#b#c'), sourceIdentity('a#b') + '=23c')
  const run = 'https://token.actions.githubusercontent.com#repo:acme/orders:ref:refs/heads/main'
  t.match(sessionName(run, ulid), name)
  t.ok(sessionName(run, ulid).endsWith(`-${ulid}`))
  t.match(sourceIdentity(run), name)
  fc.assert(
    fc.property(anyText, (subject) => {
      const session = sessionName(subject, ulid)
      return name.test(session) && session.endsWith(ulid) && name.test(sourceIdentity(subject))
    }),
    runs,
  )
})

t.test('tag values', async (t) => {
  t.equal(tagValue('INC-42'), 'INC-42')
  t.equal(tagValue(''), '')
  t.equal(tagValue('Zürich (west), #1!'), 'Zürich =28west=29=2C =231=21')
  t.match(tagValue('x'.repeat(300)), /^x{232}=-[\w-]{22}$/)
  fc.assert(
    fc.property(anyText, (text) => /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(tagValue(text))),
    runs,
  )
  fc.assert(
    fc.property(anyText, anyText, (a, b) => a === b || tagValue(a) !== tagValue(b)),
    runs,
  )
})
