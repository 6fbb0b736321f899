/**
 * What a script of a page tries with the address of the studio, with a door that leads there, and even with its token
 * and with an order that the studio's own page could send. It comes to a list of what it got.
 */
window.attackStudio = async function attackStudio(address, door, secret, order) {
  const got = []
  const attempt = async (name, run) => {
    try {
      const result = await run()
      if (result !== undefined) got.push(`${name}: ${String(result)}`)
    } catch {
      // Refused.
    }
  }
  const headers = { 'x-imagegen-token': secret }
  await attempt('reads the page', async () => (await fetch(address)).text())
  for (const name of ['project', 'spend', 'left-over', 'history?id=a']) {
    await attempt(`reads ${name} with the token`, async () =>
      (await fetch(`${address}api/1/${name}`, { headers })).text(),
    )
  }
  await attempt(
    'reads events',
    async () => (await fetch(`${address}api/1/events`, { headers })).status,
  )
  for (const type of ['text/plain', 'application/json']) {
    await attempt(`posts ${type}`, async () =>
      (
        await fetch(`${address}api/1/generate`, {
          method: 'POST',
          headers: { ...headers, 'content-type': type },
          body: order,
        })
      ).text(),
    )
  }
  await attempt('posts without looking', async () => {
    await fetch(`${address}api/1/generate`, { method: 'POST', mode: 'no-cors', body: order })
    for (const name of ['manifest', 'trash', 'restore']) {
      await fetch(`${address}api/1/${name}`, {
        method: 'POST',
        mode: 'no-cors',
        credentials: 'include',
        body: '{}',
      })
    }
    return undefined
  })
  await attempt('learns where the door leads', async () => {
    const answer = await fetch(door)
    const text = await answer.text()
    return answer.url.includes('token') || text.includes('token') ? answer.url : undefined
  })
  await attempt('reads the redirect of the door', async () => {
    const answer = await fetch(door, { redirect: 'manual' })
    return answer.headers.get('location') ?? undefined
  })
  for (const framed of [address, door]) {
    await attempt(`frames ${framed}`, async () => {
      const frame = document.createElement('iframe')
      const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
      frame.src = framed
      document.body.append(frame)
      await loaded
      const { href } = frame.contentWindow?.location ?? { href: '' }
      return href.includes('token') ? href : undefined
    })
  }
  await attempt('loads a picture', async () => {
    const image = new Image()
    image.src = `${address}p/thumb-${'0'.repeat(64)}`
    await image.decode()
    return image.src
  })
  await attempt('keeps a hold of a window of the studio', async () => {
    const opened = window.open(door)
    if (opened === null) return undefined
    const { href } = opened.location
    return href.includes('token') ? href : undefined
  })
  await attempt('is told by a cookie', async () =>
    Promise.resolve(document.cookie === '' ? undefined : document.cookie),
  )
  return got
}
