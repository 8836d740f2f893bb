import fc from 'fast-check'
import t from 'tap'
import { Fault } from '../../src/fault.js'
import { clientAddress } from '../../src/identity/client-address.js'
import {
  contains,
  isPublic,
  namesOf,
  overlaps,
  parseAddress,
  parseRange,
} from '../../src/identity/network.js'
import type { Range } from '../../src/identity/network.js'

function range(text: string): Range {
  const parsed = parseRange(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

t.test('one text for each address', async (t) => {
  for (const [text, canonical] of [
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:cb00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::1', '::1'],
    ['::', '::'],
    ['64:ff9b::203.0.113.9', '64:ff9b::cb00:7109'],
  ] as const)
    t.equal(parseAddress(text), canonical, text)

  for (const text of [
    '',
    ' 203.0.113.9',
    '203.0.113.9 ',
    '203.0.113.9\n',
    '010.1.2.3',
    '10.1.2.08',
    '0x0a010203',
    '0x0a.1.2.3',
    '167837955',
    '10.1',
    '10.1.2',
    '10.1.2.3.4',
    '10.1.2.256',
    '10.1.2.3:8080',
    '[2001:db8::1]',
    '[2001:db8::1]:443',
    '2001:db8::1%eth0',
    'fe80::1%0',
    '::ffff:010.1.2.3',
    '::ffff:10.1.2.3%1',
    '2001:db8:::1',
    '1:2:3:4:5:6:7:8:9',
    '203.0.113.0/24',
    'localhost',
    'unknown',
    '_hidden',
    '１０.1.2.3',
  ])
    t.equal(parseAddress(text), undefined, JSON.stringify(text))

  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const canonical = parseAddress(text)
      return canonical !== undefined && parseAddress(canonical) === canonical
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdefx.:%/[] '.split('')) }), (text) => {
      parseAddress(text)
      parseRange(text)
    }),
    { numRuns: 1_000 },
  )
})

t.test('ranges', async (t) => {
  t.match(range('203.0.113.0/24'), { text: '203.0.113.0/24', family: 4, prefix: 24 })
  t.match(range('2001:DB8:0::/48'), { text: '2001:db8::/48', family: 6, prefix: 48 })
  t.equal(range('0.0.0.0/0').text, '0.0.0.0/0')
  t.equal(range('203.0.113.9/32').text, '203.0.113.9/32')

  for (const [text, why] of [
    ['203.0.113.5/24', /host bits set: the network is 203\.0\.113\.0\/24/],
    ['203.0.113.129/25', /the network is 203\.0\.113\.128\/25/],
    ['2001:db8::1/32', /the network is 2001:db8::\/32/],
    ['203.0.113.0', /prefix length/],
    ['203.0.113.0/', /prefix length/],
    ['203.0.113.0/024', /prefix length/],
    ['203.0.113.0/-1', /prefix length/],
    ['203.0.113.0/24/8', /prefix length/],
    ['203.0.113.0/255.255.255.0', /prefix length/],
    ['203.0.113.0/33', /longer than 32/],
    ['2001:db8::/129', /longer than 128/],
    ['10.0/8', /not an IP address/],
    ['010.0.0.0/8', /not an IP address/],
    ['fe80::%eth0/64', /not an IP address/],
    ['::ffff:10.0.0.0/104', /write it as IPv4/],
  ] as const)
    t.match(parseRange(text), why, text)

  t.ok(contains(range('203.0.113.0/24'), '203.0.113.255'))
  t.notOk(contains(range('203.0.113.0/24'), '203.0.114.0'))
  t.ok(contains(range('203.0.113.128/25'), '203.0.113.128'))
  t.notOk(contains(range('203.0.113.128/25'), '203.0.113.127'))
  t.ok(contains(range('10.0.0.0/8'), '::ffff:10.1.2.3'), 'mapped forms are IPv4')
  t.ok(contains(range('2001:db8:10::/47'), '2001:db8:11:ffff::1'))
  t.notOk(contains(range('2001:db8:10::/48'), '2001:db8:11::1'))
  t.notOk(contains(range('::/0'), '10.1.2.3'), 'families do not mix')
  t.notOk(contains(range('0.0.0.0/0'), '2001:db8::1'))
  t.ok(contains(range('0.0.0.0/0'), '203.0.113.9'))
  t.notOk(contains(range('0.0.0.0/0'), '010.1.2.3'), 'what is not an address lies nowhere')
  t.notOk(contains(range('0.0.0.0/0'), ''))

  t.ok(overlaps(range('10.0.0.0/8'), range('10.1.0.0/16')))
  t.ok(overlaps(range('10.1.0.0/16'), range('10.0.0.0/8')))
  t.notOk(overlaps(range('10.0.0.0/16'), range('10.1.0.0/16')))
  t.ok(overlaps(range('0.0.0.0/0'), range('203.0.113.9/32')))
  t.notOk(overlaps(range('0.0.0.0/0'), range('::/0')))

  const networks = new Map([
    ['office', [range('203.0.113.0/24'), range('2001:db8:1::/48')]],
    ['desk', [range('203.0.113.7/32')]],
    ['vpn', [range('2001:db8:10::/48')]],
  ])
  t.same(namesOf(networks, '203.0.113.7'), ['office', 'desk'])
  t.same(namesOf(networks, '::ffff:203.0.113.8'), ['office'])
  t.same(namesOf(networks, '2001:db8:10::5'), ['vpn'])
  t.same(namesOf(networks, '198.51.100.1'), [])
  t.same(namesOf(networks, 'nonsense'), [])

  for (const text of ['203.0.113.0/24', '8.8.8.0/24', '2001:db8::/32', '2600::/12', '198.51.100.7/32'])
    t.ok(isPublic(range(text)), text)
  for (const text of [
    '10.0.0.0/8',
    '10.1.2.3/32',
    '172.20.0.0/16',
    '192.168.1.0/24',
    '127.0.0.1/32',
    '169.254.169.254/32',
    '100.64.0.0/16',
    '224.0.0.0/24',
    '255.255.255.255/32',
    '0.0.0.0/0',
    '192.0.0.0/8',
    '::1/128',
    'fd00::/8',
    'fe80::/64',
    '::/0',
  ])
    t.notOk(isPublic(range(text)), text)

  // By arithmetic on whole numbers, quite another way.
  const asNumber = (address: string) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4(), (base, prefix, address) => {
      const size = 2 ** (32 - prefix)
      const parsed = parseRange(`${base}/${prefix}`)
      if (asNumber(base) % size !== 0) return typeof parsed === 'string'
      const inside = Math.floor(asNumber(address) / size) === asNumber(base) / size
      return typeof parsed !== 'string' && contains(parsed, address) === inside
    }),
    { numRuns: 2_000 },
  )
})

t.test('the address of a client', async (t) => {
  const trusted = [range('10.0.0.0/24'), range('2001:db8:ff::/64')]
  const is = (address: string, socket: string | undefined, lines: string[], name: string) =>
    t.equal(clientAddress(socket, lines, trusted), address, name)
  const refuses = (why: RegExp, socket: string | undefined, lines: string[], name: string) => {
    try {
      t.fail(`${name}: taken as ${clientAddress(socket, lines, trusted)}`)
    } catch (error) {
      t.ok(error instanceof Fault && error.code === 'invalid_request' && why.test(error.detail), name)
    }
  }

  is('203.0.113.9', '203.0.113.9', [], 'a direct caller is where its connection comes from')
  is('203.0.113.9', '::ffff:203.0.113.9', [], 'on a dual-stack socket too')
  is('203.0.113.9', '203.0.113.9', ['192.0.2.1'], 'what a direct caller claims does not count')
  is('203.0.113.9', '203.0.113.9', ['nonsense'], 'and is not even read')
  is('203.0.113.9', '10.0.0.5', ['203.0.113.9'], 'through one proxy')
  is('203.0.113.9', '::ffff:10.0.0.5', ['203.0.113.9'], 'whose own address may be mapped')
  is('203.0.113.9', '10.0.0.5', ['192.0.2.1, 203.0.113.9'], 'a forged hop on the left does not count')
  is('203.0.113.9', '10.0.0.5', ['192.0.2.1', '203.0.113.9'], 'nor in a line of its own')
  is('203.0.113.9', '10.0.0.5', ['10.0.0.7, 203.0.113.9'], 'nor one that looks like a proxy')
  is('203.0.113.9', '10.0.0.5', ['nonsense, 203.0.113.9, 10.0.0.6'], 'nor nonsense left of the client')
  is('203.0.113.9', '10.0.0.5', ['203.0.113.9 ,\t2001:db8:ff::1 , 10.0.0.6'], 'through three proxies')
  is('2001:db8::9', '2001:db8:ff::1', ['2001:DB8::9'], 'over IPv6')
  is('203.0.113.9', '10.0.0.5', ['::ffff:203.0.113.9'], 'mapped in the header')
  is('10.0.0.9', '10.0.0.5', ['10.0.0.9, 10.0.0.6'], 'a request by a proxy itself')
  is('10.0.1.5', '10.0.1.5', ['203.0.113.9'], 'a neighbour of the proxies is none of them')

  refuses(/no address/, undefined, [], 'no socket address')
  refuses(/no address/, 'fe80::1%eth0', [], 'a socket address with a zone')
  refuses(/sent no X-Forwarded-For/, '10.0.0.5', [], 'a proxy that names no client')
  refuses(/sent no X-Forwarded-For/, '10.0.0.5', [' '], 'a proxy that names nothing')
  for (const entry of ['', 'unknown', '203.0.113.9:8080', '[2001:db8::9]', '010.1.2.3', '0x0a010203', '10.1'])
    refuses(/not a plain IP address/, '10.0.0.5', [`192.0.2.1, ${entry}, 10.0.0.6`], `an entry "${entry}"`)
  refuses(/more than 50/, '10.0.0.5', [Array(51).fill('10.0.0.6').join()], 'too many entries')
  refuses(/longer than/, '10.0.0.5', [`${' '.repeat(5_000)}203.0.113.9`], 'too long a header')
})
