//! `/proc/diskstats`: what the container did to each device that it ever touched.

use crate::account::Scope;
use crate::account::io::{DeviceIo, Io, Traffic};
use crate::host::diskstats::disks;
use crate::text::Text;

/// Writes the file: the machine's devices in its order, with its number of columns.
pub(crate) fn render(text: &mut Text, template: &[u8], io: &Io) {
    if io.scope == Scope::Machine {
        text.push(template);
        return;
    }
    for disk in disks(template) {
        let known = io.of(disk.major, disk.minor);
        let Some(device) = known.filter(|device| !device.is_untouched()) else { continue };
        text.padded(u64::from(disk.major), 4);
        text.padded(u64::from(disk.minor), 8);
        text.byte(b' ');
        text.push(disk.name);
        columns(text, device, disk.columns());
        text.byte(b'\n');
    }
}

fn columns(text: &mut Text, device: &DeviceIo, columns: usize) {
    let busy = milliseconds(&device.read).saturating_add(milliseconds(&device.write));
    let [read, write, discard] = [&device.read, &device.write, &device.discard].map(of_traffic);
    // In flight is not accounted for; the time the device was busy stands for the time in the queue.
    let queue = [0, busy, busy];
    let all = read.iter().chain(&write).chain(&queue).chain(&discard);
    for value in all.take(columns) {
        text.field(*value);
    }
    text.zeros(columns.saturating_sub(15));
}

/// Completed, merged, sectors, milliseconds.
fn of_traffic(traffic: &Traffic) -> [u64; 4] {
    [traffic.operations, traffic.merged, traffic.bytes.0 / 512, milliseconds(traffic)]
}

const fn milliseconds(traffic: &Traffic) -> u64 {
    traffic.time.0 / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    fn shown(template: &str) -> String {
        let traffic = |operations, bytes| Traffic { operations, bytes: Bytes(bytes), ..Traffic::default() };
        let touched = DeviceIo {
            major: 254,
            minor: 16,
            read: traffic(3, 4096),
            write: traffic(5, 20 << 20),
            discard: traffic(1, 1 << 20),
        };
        let untouched = DeviceIo { major: 254, minor: 0, ..DeviceIo::default() };
        let unknown = DeviceIo { major: 9, minor: 9, ..touched };
        let io = Io::of_devices(&[untouched, touched, unknown]);
        let mut text = Text::new();
        render(&mut text, template.as_bytes(), &io);
        String::from_utf8(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn as_many_columns_as_the_kernel_has() {
        let line = |columns| format!(" 254      16 vdb{}\n 254       0 vda 1\n", " 7".repeat(columns));
        assert_eq!(shown(&line(11)), " 254      16 vdb 3 0 8 0 5 0 40960 0 0 0 0\n");
        assert_eq!(shown(&line(15)), " 254      16 vdb 3 0 8 0 5 0 40960 0 0 0 0 1 0 2048 0\n");
        assert_eq!(shown(&line(17)), " 254      16 vdb 3 0 8 0 5 0 40960 0 0 0 0 1 0 2048 0 0 0\n");
    }
}
