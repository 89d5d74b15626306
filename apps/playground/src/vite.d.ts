declare module '*?url' {
  const url: string;
  export = url;
}

interface ImportMeta {
  readonly env: { readonly BASE_URL: string };
}
