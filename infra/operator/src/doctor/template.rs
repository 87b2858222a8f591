//! What the template of this version declares. A deployment may be of an older one.

/// The template itself.
pub(super) const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The outputs that every deployment of this version has; those with a condition are left out.
pub(super) fn outputs() -> Vec<&'static str> {
    blocks("Outputs")
        .filter(|block| !block.has("Condition:"))
        .map(|block| block.name)
        .collect()
}

/// The logical ids of the alarms.
pub(super) fn alarms() -> Vec<&'static str> {
    blocks("Resources")
        .filter(|block| block.has("Type: AWS::CloudWatch::Alarm"))
        .map(|block| block.name)
        .collect()
}

/// Something that is declared in a section: its name, and the lines below it.
struct Block {
    name: &'static str,
    lines: Vec<&'static str>,
}

impl Block {
    /// Whether one of its own lines, not of what is nested in it, begins so.
    fn has(&self, start: &str) -> bool {
        self.lines.iter().any(|line| {
            line.strip_prefix("    ")
                .is_some_and(|line| line.starts_with(start))
        })
    }
}

fn blocks(section: &str) -> impl Iterator<Item = Block> {
    let heading = format!("{section}:");
    let lines = TEMPLATE
        .lines()
        .skip_while(move |line| *line != heading)
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with(' ') || line.starts_with('#'));
    let mut blocks: Vec<Block> = Vec::new();
    for line in lines {
        let name = line
            .strip_prefix("  ")
            .and_then(|line| line.strip_suffix(':'));
        match name.filter(|name| name.chars().all(char::is_alphanumeric)) {
            Some(name) => blocks.push(Block {
                name,
                lines: Vec::new(),
            }),
            None => {
                if let Some(block) = blocks.last_mut() {
                    block.lines.push(line);
                }
            }
        }
    }
    blocks.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_doctor_finds_outputs_and_alarms_in_the_template() {
        let outputs = outputs();
        for output in [
            "ApiUrl",
            "CatalogTable",
            "LedgerTable",
            "EmailConfigurationSet",
            "TextEventsTopic",
        ] {
            assert!(outputs.contains(&output), "{output} in {outputs:?}");
        }
        assert!(
            !outputs.contains(&"TextConfigurationSet"),
            "it has a condition"
        );
        let declared = TEMPLATE.matches("Type: AWS::CloudWatch::Alarm").count();
        assert_eq!(alarms().len(), declared);
        assert!(alarms().contains(&"DeadLetterAlarm"));
    }
}
