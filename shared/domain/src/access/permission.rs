//! What somebody may do.

use std::fmt;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// One thing that somebody may do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[$doc])* $name,)*
        }

        impl Permission {
            /// Every permission.
            pub const ALL: &[Permission] = &[$(Permission::$name,)*];

            /// Its stable name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Permission::$name => $text,)*
                }
            }
        }

        /// Every permission as a type, so that a route's signature says which one it requires.
        pub mod require {
            use super::{Permission, Required};
            $(
                $(#[$doc])*
                #[derive(Debug, Clone, Copy)]
                pub struct $name;

                impl Required for $name {
                    const PERMISSION: Permission = Permission::$name;
                }
            )*
        }
    };
}

/// A permission as a type.
pub trait Required {
    /// The permission.
    const PERMISSION: Permission;
}

permissions! {
    /// Read the tenant's settings.
    ReadSettings = "communication:settings:read:all",
    /// Change the tenant's settings.
    WriteSettings = "communication:settings:write:all",
    /// Read transports and routes.
    ReadChannels = "communication:channels:read:all",
    /// Change and test transports and routes.
    WriteChannels = "communication:channels:write:all",
    /// Read campaigns and their receivers.
    ReadCampaigns = "communication:bulk_communications:read:all",
    /// Draft campaigns and choose their receivers.
    WriteCampaigns = "communication:bulk_communications:write:all",
    /// Publish, schedule, pause, resume and cancel campaigns, and send test messages.
    SendCampaigns = "communication:compose:send",
    /// Read deliveries and the messages that were sent.
    ReadHistory = "communication:read:history",
    /// Decide what happens to deliveries that failed or are unknown.
    WriteHistory = "communication:write:history",
    /// Read templates and presets.
    ReadTemplates = "communication:message_templates:read:all",
    /// Change templates and presets.
    WriteTemplates = "communication:message_templates:write:all",
    /// Read wrappers.
    ReadWrappers = "communication:email_wrapper_templates:read:all",
    /// Change wrappers.
    WriteWrappers = "communication:email_wrapper_templates:write:all",
    /// Read the suppression list.
    ReadSuppressions = "communication:suppressions:read:all",
    /// Change the suppression list.
    WriteSuppressions = "communication:suppressions:write:all",
    /// Read the directory.
    ReadDirectory = "communication:directory:read:all",
    /// Change the directory.
    WriteDirectory = "communication:directory:write:all",
    /// Read jobs.
    ReadJobs = "communication:jobs:read:all",
    /// Cancel and retry jobs.
    WriteJobs = "communication:jobs:write:all",
    /// Read dead letters.
    ReadDeadLetters = "communication:dead_letters:read:all",
    /// Redrive dead letters.
    WriteDeadLetters = "communication:dead_letters:write:all",
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The permissions of an actor: a bit for each, because every operation carries them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions(u64);

const _: () = assert!(
    Permission::ALL.len() <= u64::BITS as usize,
    "a bit for each"
);

impl Permission {
    /// Its place among the bits; the declaration order of a fieldless enum is its number.
    const fn bit(self) -> u64 {
        1 << self as u64
    }
}

impl Permissions {
    /// All of them.
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// Whether the actor has a permission.
    pub fn allow(&self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        let bits = permissions.into_iter().map(Permission::bit);
        Self(bits.fold(0, |all, bit| all | bit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_has_its_own_name() {
        use std::collections::BTreeSet;

        let names: BTreeSet<&str> = Permission::ALL.iter().map(|it| it.as_str()).collect();
        assert_eq!(names.len(), Permission::ALL.len());
    }

    #[test]
    fn only_granted_permissions_are_allowed() {
        let some: Permissions = [Permission::ReadCampaigns].into_iter().collect();
        assert!(some.allow(Permission::ReadCampaigns));
        assert!(!some.allow(Permission::SendCampaigns));
        assert!(!Permissions::default().allow(Permission::ReadCampaigns));
    }
}
