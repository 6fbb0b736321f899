import type { GeneratedImage } from '../../src/emit/generated-image.ts'

/** A JPEG in two widths, with AVIF and WebP. */
export const KIRA: GeneratedImage = {
  src: '/assets/kira-1280.jpg',
  width: 1280,
  height: 720,
  format: 'jpeg',
  srcset: '/assets/kira-640.jpg 640w, /assets/kira-1280.jpg 1280w',
  sources: {
    avif: '/assets/kira-640.avif 640w, /assets/kira-1280.avif 1280w',
    webp: '/assets/kira-640.webp 640w, /assets/kira-1280.webp 1280w',
  },
  img: { src: '/assets/kira-1280.jpg', w: 1280, h: 720 },
  alt: 'Kira smiling at the camera',
}

/** One file. */
export const BADGE: GeneratedImage = {
  src: '/assets/badge.webp',
  width: 256,
  height: 256,
  format: 'webp',
  srcset: '/assets/badge.webp 256w',
  sources: {},
  img: { src: '/assets/badge.webp', w: 256, h: 256 },
  alt: '',
}

/** A square crop on small windows, and another picture in the dark. */
export const DIRECTED: GeneratedImage = {
  ...KIRA,
  media: [
    {
      media: '(max-width: 600px)',
      width: 640,
      height: 640,
      format: 'jpeg',
      src: '/assets/square-640.jpg',
      srcset: '/assets/square-320.jpg 320w, /assets/square-640.jpg 640w',
      sources: { avif: '/assets/square-320.avif 320w, /assets/square-640.avif 640w' },
    },
    {
      media: '(prefers-color-scheme: dark)',
      width: 1280,
      height: 720,
      format: 'webp',
      src: '/assets/night.webp',
      srcset: '/assets/night.webp 1280w',
      sources: {},
    },
  ],
}
