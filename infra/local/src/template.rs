//! The template as the local stack deploys it: the same, except for where the code of the functions is.

const CODE: &str = "CodeUri: ../functions/";

/// The functions of a template, in its order.
pub(crate) fn functions(template: &str) -> Vec<String> {
    template
        .lines()
        .filter_map(function)
        .map(str::to_owned)
        .collect()
}

/// The template with the code of each function at the address that `uri` gives.
pub(crate) fn with_code(template: &str, uri: impl Fn(&str) -> String) -> String {
    let mut result = String::with_capacity(template.len());
    for line in template.lines() {
        match function(line) {
            Some(name) => {
                let indent = line.len() - line.trim_start().len();
                result.push_str(&" ".repeat(indent));
                result.push_str("CodeUri: ");
                result.push_str(&uri(name));
            }
            None => result.push_str(line),
        }
        result.push('\n');
    }
    result
}

fn function(line: &str) -> Option<&str> {
    line.trim().strip_prefix(CODE)?.strip_suffix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_the_code_changes() {
        let template = "  A:\n      CodeUri: ../functions/api/\n      Timeout: 29\n";
        assert_eq!(functions(template), ["api"]);
        assert_eq!(
            with_code(template, |name| format!("s3://code/{name}.zip")),
            "  A:\n      CodeUri: s3://code/api.zip\n      Timeout: 29\n"
        );
    }

    #[test]
    fn the_template_has_a_function_for_each_directory() {
        let root = crate::workspace::root();
        let template = std::fs::read_to_string(crate::workspace::template()).unwrap();
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
