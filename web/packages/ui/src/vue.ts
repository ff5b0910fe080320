/** Components shared by the Vue apps. */
export { default as ColourShape } from "./ColourShape.vue";
export { default as PaperPass } from "./PaperPass.vue";
export * from "./shapes";
