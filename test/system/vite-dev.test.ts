import { createServer } from 'vite'
import { createServer as createServer6 } from 'vite-6'
import { createServer as createServer7 } from 'vite-7'
import { expect, test } from 'vitest'
import { listenToConsole } from '../bundlers/console.ts'
import { connectHmr } from '../bundlers/hmr-client.ts'
import { png, sandbox } from '../bundlers/sandbox.ts'
import { looks, viteDev, type Page } from '../bundlers/vite-dev.ts'

/** The versions differ in types alone, as far as this goes. */
type Create = typeof createServer

test.each([
  ['6', createServer6 as unknown as Create],
  ['7', createServer7 as unknown as Create],
  ['8', createServer],
])(
  'Vite %s: placeholders, pictures, edits, what is broken and what is fixed',
  async (_, create) => {
    listenToConsole()
    const project = await sandbox({
      files: {
        'src/one.image.yaml': [
          'defaults: { size: 512x512, output: { formats: [jpeg], widths: [32] } }',
          'images:',
          '  fox: { prompt: A fox in the snow, alt: A fox, references: [./face.png] }',
        ].join('\n'),
        'src/main.js': `
        import { fox } from './one.image.yaml'
        export { fox }
        if (import.meta.hot) import.meta.hot.accept()
      `,
      },
    })
    const dev = await viteDev(project, {}, {}, create)
    const hmr = await connectHmr(dev.server)
    const isSame = (left: Page, right: Page): boolean =>
      left.pictures.join() === right.pictures.join()
    const standIn = await dev.visit()
    expect(await looks(dev, standIn)).toEqual([
      { name: 'fox', format: 'jpeg', width: 32, height: 32 },
    ])
    let page = standIn
    await hmr.until(async () => !isSame(standIn, (page = await dev.visit())))
    const first = page
    const { fox } = (await dev.server.ssrLoadModule('/src/main.js')) as { fox: { src: string } }
    expect(first.pictures).toContain(fox.src)

    project.edit('src/one.image.yaml', 'widths: [32]', 'widths: [48]')
    await hmr.until(async () => !isSame(first, (page = await dev.visit())))
    expect(await looks(dev, page)).toEqual([{ name: 'fox', format: 'jpeg', width: 48, height: 48 }])

    const resized = page
    project.write('src/face.png', await png('#468'))
    await hmr.until(async () => !isSame(resized, (page = await dev.visit())))
    const another = page
    await hmr.until(async () => !isSame(another, (page = await dev.visit())))
    expect(isSame(page, resized)).toBe(false)

    project.edit('src/one.image.yaml', 'alt:', 'atl:')
    await hmr.next('update')
    expect((await dev.request('/src/one.image.yaml?import&imagegen')).status).toBe(500)
    expect(JSON.stringify(await hmr.next('error'))).toMatch(/src\/one\.image\.yaml:3:\d+/)
    const mended = page
    const mend = async (): Promise<boolean> => {
      project.write(
        'src/one.image.yaml',
        project.read('src/one.image.yaml').replace('atl:', 'alt:'),
      )
      return isSame(mended, await dev.visit().catch(() => standIn))
    }
    await expect.poll(mend, { interval: 100 }).toBe(true)
    expect(
      project.emulator.requests().map(({ body }) => (body as { prompt: string }).prompt),
    ).toEqual(expect.arrayContaining(['A fox in the snow']))
  },
)
