//! Names of people, places and firms. Surnames follow their rough frequency in
//! China; one name in a few hundred is of the kind that breaks software: minority
//! names with `·`, double surnames, characters outside Unicode's basic plane.

use crate::random::Stream;

/// The commonest surnames with their share in one hundredth of a percent
/// (rounded from published census rankings; the tail is flattened).
const SURNAMES: [(&str, u32); 100] = [
    ("王", 725),
    ("李", 719),
    ("张", 683),
    ("刘", 539),
    ("陈", 453),
    ("杨", 308),
    ("黄", 223),
    ("赵", 229),
    ("吴", 205),
    ("周", 212),
    ("徐", 167),
    ("孙", 154),
    ("马", 126),
    ("朱", 126),
    ("胡", 131),
    ("郭", 115),
    ("何", 117),
    ("高", 106),
    ("林", 118),
    ("罗", 95),
    ("郑", 93),
    ("梁", 84),
    ("谢", 76),
    ("宋", 70),
    ("唐", 69),
    ("许", 66),
    ("韩", 68),
    ("冯", 64),
    ("邓", 65),
    ("曹", 58),
    ("彭", 58),
    ("曾", 58),
    ("肖", 56),
    ("田", 52),
    ("董", 51),
    ("袁", 51),
    ("潘", 51),
    ("于", 48),
    ("蒋", 48),
    ("蔡", 47),
    ("余", 47),
    ("杜", 47),
    ("叶", 43),
    ("程", 46),
    ("苏", 45),
    ("魏", 45),
    ("吕", 44),
    ("丁", 43),
    ("任", 42),
    ("沈", 41),
    ("姚", 40),
    ("卢", 40),
    ("姜", 38),
    ("崔", 37),
    ("钟", 38),
    ("谭", 38),
    ("陆", 36),
    ("汪", 36),
    ("范", 36),
    ("金", 35),
    ("石", 34),
    ("廖", 34),
    ("贾", 33),
    ("夏", 32),
    ("韦", 32),
    ("付", 31),
    ("方", 31),
    ("白", 30),
    ("邹", 30),
    ("孟", 29),
    ("熊", 29),
    ("秦", 29),
    ("邱", 28),
    ("江", 28),
    ("尹", 27),
    ("薛", 27),
    ("闫", 26),
    ("段", 26),
    ("雷", 26),
    ("侯", 25),
    ("龙", 25),
    ("史", 24),
    ("陶", 24),
    ("黎", 24),
    ("贺", 23),
    ("顾", 22),
    ("毛", 22),
    ("郝", 22),
    ("龚", 22),
    ("邵", 21),
    ("万", 21),
    ("钱", 20),
    ("严", 20),
    ("覃", 20),
    ("武", 20),
    ("戴", 20),
    ("莫", 20),
    ("孔", 19),
    ("向", 18),
    ("汤", 18),
];

const DOUBLE_SURNAMES: [&str; 8] = [
    "欧阳", "司徒", "上官", "诸葛", "夏侯", "司马", "皇甫", "尉迟",
];

const MALE: [&str; 48] = [
    "伟", "强", "军", "勇", "杰", "涛", "明", "超", "平", "刚", "辉", "鹏", "华", "飞", "鑫", "波",
    "斌", "宇", "浩", "凯", "健", "俊", "帆", "帅", "旭", "宁", "龙", "林", "阳", "建", "亮", "成",
    "峰", "磊", "志", "国", "海", "东", "文", "子", "天", "泽", "轩", "睿", "博", "嘉", "家", "永",
];

const FEMALE: [&str; 48] = [
    "芳", "娜", "敏", "静", "丽", "艳", "娟", "霞", "燕", "玲", "婷", "雪", "慧", "红", "玉", "兰",
    "英", "梅", "莉", "秀", "珍", "洁", "倩", "颖", "琳", "佳", "欣", "怡", "梦", "雨", "萍", "晶",
    "悦", "思", "诗", "涵", "梓", "晓", "小", "春", "美", "金", "淑", "桂", "凤", "琴", "云", "莹",
];

/// Characters that real people bear and old systems lose: outside the basic
/// multilingual plane, or in it but missing from the older Chinese code pages.
const RARE: [&str; 10] = ["𠮷", "䶮", "𬭎", "𫖯", "𣸣", "𬀩", "㛃", "𪻐", "𬘭", "㼆"];

const MINORITY: [&str; 12] = [
    "阿卜杜拉",
    "买买提",
    "艾力",
    "古丽娜尔",
    "热依汗",
    "吐尔逊",
    "沙木沙克",
    "帕提古丽",
    "木合塔尔",
    "巴特尔",
    "乌兰",
    "才仁",
];

/// Draws a surname; a family shares it.
pub fn surname(random: &mut Stream) -> &'static str {
    if random.chance(0.001) {
        random.pick::<&str>(&DOUBLE_SURNAMES)
    } else {
        random.weighted::<&str>(&SURNAMES)
    }
}

/// Draws a full name under `surname`; a few ignore it, having a minority name.
pub fn full_name(surname: &str, male: bool, random: &mut Stream) -> String {
    if random.chance(0.003) {
        return format!("{}·{}", random.pick(&MINORITY), random.pick(&MINORITY));
    }
    let given = if male { &MALE } else { &FEMALE };
    let first = random.pick(given);
    if random.chance(0.002) {
        return format!("{surname}{}", random.pick(&RARE));
    }
    if random.chance(0.16) {
        return format!("{surname}{first}");
    }
    format!("{surname}{first}{}", random.pick(given))
}

const PLACE_WORDS: [&str; 60] = [
    "向阳",
    "金龙",
    "翠景",
    "石楼",
    "沙湾",
    "长守",
    "黄沙",
    "水背",
    "三洋",
    "老围",
    "新屋",
    "大水湾",
    "田脚",
    "飞东",
    "飞西",
    "荔园",
    "竹园",
    "鸿景",
    "汤泉",
    "对面岭",
    "横塘",
    "马东",
    "马西",
    "丰田",
    "牛角龙",
    "秀山",
    "秀沙",
    "沙梨园",
    "卢屋",
    "薛屋",
    "吉祥",
    "远香",
    "朝阳",
    "新联",
    "坜背",
    "石灰陂",
    "大窝",
    "丰盛",
    "深坑",
    "龙背",
    "青松",
    "井水龙",
    "李屋",
    "罗庚丘",
    "香园",
    "上洋",
    "下洋",
    "江边",
    "山塘尾",
    "赤坳",
    "望牛岗",
    "东胜",
    "洋母帐",
    "沙绩",
    "长隆",
    "碧湖",
    "禾场头",
    "新村",
    "鸿岭",
    "宝山",
];

/// A place name not in `taken` yet, with one of `endings` (villages, gardens, parks …).
pub fn place(
    endings: &[&str],
    taken: &mut std::collections::HashSet<String>,
    random: &mut Stream,
) -> String {
    for attempt in 0_u32.. {
        let word = random.pick(&PLACE_WORDS);
        let ending = random.pick(endings);
        // When the plain names run out, places are numbered as real ones are: 二期, 三期.
        let name = match attempt {
            0..40 => format!("{word}{ending}"),
            _ => format!("{word}{ending}{}区", attempt - 38),
        };
        if taken.insert(name.clone()) {
            return name;
        }
    }
    unreachable!("the numbering never ends")
}

const FIRM_WORDS: [&str; 36] = [
    "鹏", "坪", "华", "信", "达", "宏", "鑫", "盛", "泰", "创", "科", "源", "恒", "瑞", "联", "晟",
    "凯", "嘉", "众", "兴", "航", "德", "利", "丰", "隆", "通", "远", "锐", "光", "捷", "维", "博",
    "安", "东", "美", "新",
];

const TRADES: [&str; 16] = [
    "电子",
    "精密",
    "新能源",
    "光电",
    "生物医药",
    "汽车零部件",
    "模具",
    "塑胶",
    "半导体",
    "印刷包装",
    "物流",
    "食品",
    "机械设备",
    "装饰工程",
    "五金制品",
    "餐饮管理",
];

/// A firm's name.
pub fn firm(random: &mut Stream) -> String {
    let (first, second) = (random.pick(&FIRM_WORDS), random.pick(&FIRM_WORDS));
    let trade = random.pick(&TRADES);
    format!("深圳市{first}{second}{trade}有限公司")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn every_kind_of_name_turns_up() {
        let names: Vec<String> = (0..40_000)
            .map(|index| {
                let mut random = Stream::new(1, Purpose::Person, index);
                let surname = surname(&mut random);
                full_name(surname, index % 2 == 0, &mut random)
            })
            .collect();
        let share = |test: &dyn Fn(&str) -> bool| {
            names.iter().filter(|name| test(name)).count() as f64 / names.len() as f64
        };
        assert!(share(&|name| name.contains('·')) > 0.001);
        assert!(share(&|name| name.chars().any(|c| c as u32 > 0xFFFF)) > 0.0005);
        assert!(share(&|name| name.contains('䶮')) > 0.0);
        assert!(
            share(&|name| DOUBLE_SURNAMES
                .iter()
                .any(|double| name.starts_with(double)))
                > 0.0002
        );
        let wang = share(&|name| name.starts_with('王'));
        assert!((0.06..0.12).contains(&wang), "{wang}");
        assert!(names.iter().all(|name| !name.is_ascii()));
    }

    #[test]
    fn places_do_not_repeat() {
        let mut taken = std::collections::HashSet::new();
        let mut random = Stream::new(1, Purpose::Enclosure, 0);
        for _ in 0..500 {
            place(&["村"], &mut taken, &mut random);
        }
        assert_eq!(taken.len(), 500);
    }
}
