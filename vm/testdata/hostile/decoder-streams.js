// Decoders that each wait for the next part of a stream.
for (const list = [], part = new Uint8Array(16384).fill(65);;) {
  const decoder = new TextDecoder("iso-2022-jp");
  decoder.decode(part, { stream: true });
  list.push(decoder);
}
