/** Components shared by the Vue apps. */
export { default as ColourShape } from "./ColourShape.vue";
export * from "./shapes";
