// A content type with half a million parameters.
const parts = ["multipart/form-data; boundary=x"];
for (let i = 0; i < 5e5; i++) parts.push("; a" + i + "=b");
const response = new Response(new Uint8Array(10), { headers: { "content-type": parts.join("") } });
for (;;) await response.clone().formData().catch(() => {});
