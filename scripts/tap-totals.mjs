/**
 * Reads TAP 14 as tap writes it, one line at a time, and counts what was really asserted.
 *
 * A test point with a subtest of its own is a summary and not counted, unless it failed although nothing
 * in it did (a crash, a signal, a timeout, an exit code): then it is one failure. A file that asserts
 * nothing is a failure too. `onFile({ name, passed, failed, skipped, todo, failures: [{ where, detail }],
 * output })` is called as each file ends; `end()` returns the totals.
 */
export function tapReader(onFile) {
  const totals = { passed: 0, failed: 0, skipped: 0, todo: 0, files: 0 }
  let file = emptyFile()
  let names = [] // the subtests that we are in, the file first
  let failures = [0] // how many were counted at each depth that is open
  let closing = [] // points of the form `ok 1 - name {`, whose subtest is still to come
  let block // the YAML under a test point: { indent, detail }
  let lastFailure

  function fail(where) {
    lastFailure = { where, detail: [] }
    file.failed += 1
    file.failures.push(lastFailure)
  }

  function settle() {
    if (!file.name) return
    for (const key of ['passed', 'failed', 'skipped', 'todo']) totals[key] += file[key]
    totals.files += 1
    onFile(file)
    file = emptyFile()
  }

  function openSubtest(depth, name) {
    if (depth === 0) {
      settle()
      file.name = name
    }
    names = [...names.slice(0, depth), name]
    failures = [...failures.slice(0, depth + 1), 0]
  }

  function point(depth, ok, text) {
    const label = text.replace(/ # time=.*$/, '')
    const where = [...names.slice(1, depth), label].join(' > ')
    const summary = failures.length > depth + 1
    const counted = failures[depth + 1] > 0
    failures = failures.slice(0, depth + 1)
    names = names.slice(0, depth)
    if (depth === 0) endFile(ok, label)
    else if (summary ? ok : / # SKIP\b/i.test(label)) file.skipped += summary ? 0 : 1
    else if (/ # TODO\b/i.test(label)) file.todo += 1
    else if (ok) file.passed += 1
    else {
      if (!counted) fail(where)
      failures[depth] += 1
    }
  }

  function endFile(ok, label) {
    if (file.ended) settle()
    file.name ||= label
    file.ended = true
    const ran = file.passed + file.failed + file.skipped + file.todo
    if (!ok && file.failed === 0) fail('the file')
    else if (ran === 0 && !/ # SKIP (?!no tests found)/i.test(label)) fail('asserts nothing')
  }

  function line(text) {
    const bare = text.trim()
    const indent = text.length - text.trimStart().length
    if (block) {
      if (indent === block.indent && bare === '...') block = undefined
      else block.detail?.push(text.slice(block.indent))
      // tap ends a file that hung with a point that no longer names it.
      const expired = /^expired: (build\/.*)$/.exec(bare)
      if (expired && file.name === 'timeout!') file.name = expired[1]
      return
    }
    if (bare === '---' && indent % 4 === 2) {
      block = { indent, detail: lastFailure?.detail }
      lastFailure = undefined
      return
    }
    const depth = indent / 4
    const subtest = /^# Subtest: (.*)$/.exec(bare)
    const result = /^(not )?ok\b(?: \d+)?(?: - )?(.*?)( \{)?$/.exec(bare)
    if (subtest && Number.isInteger(depth)) openSubtest(depth, subtest[1])
    else if (result && Number.isInteger(depth)) {
      lastFailure = undefined
      const [, not, label, brace] = result
      if (brace) {
        closing[depth] = { ok: !not, label }
        openSubtest(depth, label.replace(/ # .*$/, ''))
      } else point(depth, !not, label)
    } else if (bare === '}' && closing[depth]) {
      point(depth, closing[depth].ok, closing[depth].label)
      delete closing[depth]
    } else if (/^Bail out!/.test(bare)) {
      file.name ||= 'the run'
      fail(bare)
    } else if (indent >= 4 && bare && !/^(#|TAP version|\d+\.\.\d+)/.test(bare)) {
      file.output.push(text.slice(4))
    }
  }

  return {
    line,
    end() {
      settle()
      return totals
    },
  }
}

function emptyFile() {
  return { name: '', passed: 0, failed: 0, skipped: 0, todo: 0, failures: [], output: [], ended: false }
}
