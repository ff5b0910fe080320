// The package comes without types; this is as much of it as the test uses.
declare module "dmn-moddle" {
  export interface Text { text: string }
  export interface Rule { inputEntry: Text[]; outputEntry: Text[] }
  export interface DecisionTable {
    hitPolicy: string;
    input: { inputExpression: Text & { typeRef: string } }[];
    output: { name: string; typeRef: string }[];
    rule: Rule[];
  }
  export interface Element {
    $type: string;
    id: string;
    name: string;
    decisionLogic: DecisionTable;
    informationRequirement?: { requiredInput?: { href: string }; requiredDecision?: { href: string } }[];
    variable: { name: string; typeRef: string };
  }
  export interface Definitions {
    drgElement: Element[];
    itemDefinition: { name: string; typeRef: string; allowedValues: Text }[];
  }
  export class DmnModdle {
    fromXML(xml: string): Promise<{ rootElement: Definitions; warnings: { message: string }[] }>;
  }
}
