/** What is used of it; its own types say nothing of this file. */
declare module 'node-sql-parser/build/mariadb.js' {
  const parsers: { readonly Parser: new () => { astify(sql: string): unknown } };

  // biome-ignore lint/style/noDefaultExport: it is the one that this CommonJS module has
  export default parsers;
}
