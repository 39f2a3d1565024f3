// A worker that reads codes from pictures, so that the camera's picture never stutters.
importScripts("/vendor/zxing-reader.js");
ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => "/vendor/zxing_reader.wasm" }, fireImmediately: true });

const FORMATS = ["QRCode", "Code128", "EAN13", "EAN8", "UPCA", "DataMatrix", "ITF"];
const GS1 = ["]C1", "]d2", "]e0", "]Q3"];

self.onmessage = async ({ data: { id, picture, thorough } }) => {
  try {
    const found = await ZXingWASM.readBarcodes(picture, {
      formats: FORMATS,
      textMode: "Plain",
      tryHarder: true,
      tryInvert: Boolean(thorough),
      maxNumberOfSymbols: 4,
    });
    const texts = found
      .filter((one) => one.isValid)
      .map((one) => (GS1.includes(one.symbologyIdentifier) ? one.symbologyIdentifier : "") + one.text);
    self.postMessage({ id, texts });
  } catch (error) {
    self.postMessage({ id, texts: [], fault: String(error) });
  }
};
