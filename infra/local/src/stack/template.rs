//! The template as the local stack deploys it: its language extensions are expanded and its `CodeUri`s replaced.

use serde_json::Value;

const FUNCTIONS: &str = "../functions/";

/// The functions of a template, in order.
pub(crate) fn functions(template: &str) -> Vec<String> {
    template
        .lines()
        .filter_map(function)
        .map(str::to_owned)
        .collect()
}

/// The expanded template, with the code of each function at the address given by `uri`.
pub(crate) fn with_code(mut expanded: Value, uri: impl Fn(&str) -> String) -> Value {
    let resources = expanded["Resources"].as_object_mut();
    for resource in resources.into_iter().flatten().map(|(_, it)| it) {
        let code = resource.pointer_mut("/Properties/CodeUri");
        if let Some(code) = code
            && let Some(name) = code.as_str().and_then(directory)
        {
            *code = uri(name).into();
        }
    }
    expanded
}

fn function(line: &str) -> Option<&str> {
    directory(line.trim().strip_prefix("CodeUri: ")?)
}

fn directory(code: &str) -> Option<&str> {
    code.strip_prefix(FUNCTIONS)?.strip_suffix('/')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_code_uri_changes() {
        assert_eq!(
            functions("  A:\n      CodeUri: ../functions/api/\n"),
            ["api"]
        );
        let template = |code: &str| {
            json!({ "Resources": {
                "A": { "Properties": { "CodeUri": code, "Timeout": 29 } },
                "B": { "Properties": { "Timeout": 29 } },
            } })
        };
        assert_eq!(
            with_code(template("../functions/api/"), |name| format!(
                "s3://code/{name}.zip"
            )),
            template("s3://code/api.zip")
        );
    }

    #[test]
    fn the_template_has_a_function_for_each_directory() {
        let root = crate::stack::workspace::root();
        let template = std::fs::read_to_string(crate::stack::workspace::template()).unwrap();
        let mut named = functions(&template);
        named.sort();
        let mut present: Vec<String> = std::fs::read_dir(root.join("functions"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        present.sort();
        assert_eq!(named, present);
    }
}
