//! The formats, one line each.

use crate::{Format, archive, boot, compression, executable, filesystem, partition, records, vendor};

/// Every format, in the order in which candidates at one offset are tried: those with the strongest magics first,
/// those that are told by structure alone last.
pub const FORMATS: &[&dyn Format] = &[
    // Compressed streams with a magic.
    &compression::gzip::Gzip,
    &compression::xz::Xz,
    &compression::zstd::Zstd,
    &compression::lz4::Lz4,
    &compression::lz4::Lz4Legacy,
    &compression::bzip2::Bzip2,
    &compression::lzip::Lzip,
    &compression::lzop::Lzop,
    // File systems.
    &filesystem::squashfs::Squashfs,
    &filesystem::cramfs::Cramfs,
    &filesystem::romfs::Romfs,
    &filesystem::iso9660::Iso9660,
    &filesystem::ext::Ext,
    &filesystem::ubi::Ubi,
    &filesystem::ubifs::Ubifs,
    &filesystem::jffs2::Jffs2,
    &filesystem::yaffs::Yaffs,
    &filesystem::fat::Fat,
    // Archives and packages.
    &archive::cpio::Cpio,
    &archive::tar::Tar,
    &archive::ar::Ar,
    &archive::rpm::Rpm,
    &archive::adb::Adb,
    &archive::zip::Zip,
    &archive::cab::Cab,
    &archive::sevenzip::SevenZip,
    // Boot images.
    &boot::uimage::UImage,
    &boot::uefi::FirmwareVolume,
    &boot::devicetree::DeviceTreeBlob,
    &boot::devicetree::fit::Fit,
    &boot::android::boot::AndroidBoot,
    &boot::android::vendor::VendorBoot,
    &boot::android::dtbo::DeviceTreeTable,
    &boot::android::sparse::SparseImage,
    &boot::kernel::zimage::ZImage,
    &boot::kernel::bzimage::BzImage,
    &boot::kernel::zboot::Zboot,
    &boot::kernel::image::KernelImage,
    &boot::kernel::ikconfig::KernelConfig,
    // Vendors' containers.
    &vendor::trx::Trx,
    &vendor::chk::Chk,
    &vendor::seama::Seama,
    &vendor::wrgg::Wrgg,
    &vendor::tplink::TpLink,
    &vendor::tplink_rtos::TpLinkRtos,
    &vendor::safeloader::SafeLoader,
    &vendor::encrypted::Shrs,
    &vendor::encrypted::EncrptedImg,
    &vendor::encrypted::Salted,
    &vendor::bcm_tag::BcmTag,
    &vendor::hwnp::Hwnp,
    &vendor::zte::ZteHeader,
    &vendor::zte::ZteConfig,
    &vendor::zytrx::ZyTrx,
    &vendor::zyxel::ZyNos,
    &vendor::draytek::DrayTek,
    &vendor::pfs::Pfs,
    &vendor::ubnt::Ubnt,
    &vendor::xiaomi::Xiaomi,
    &vendor::npk::Npk,
    &vendor::linksys::Linksys,
    &vendor::dni::Dni,
    &vendor::senao::Senao,
    &vendor::bneg::Bneg,
    &vendor::qnap::Qnap,
    &vendor::buffalo::Buffalo,
    // Partition tables.
    &partition::fis::FisDirectory,
    &partition::gpt::Gpt,
    &partition::mbr::Mbr,
    // Executables and records.
    &executable::ElfFormat,
    // Weak magics: believed by structure.
    &boot::uimage::UImageVariant,
    &filesystem::minix::Minix,
    &boot::environment::Environment,
    &partition::mtdparts::MtdParts,
    &records::intelhex::IntelHex,
    &records::srecord::SRecord,
    &records::tekhex::TekHex,
    &records::tekhex::ExtendedTekHex,
    &archive::cpio::CpioBinary,
    &archive::tar::TarV7,
    &compression::lzma::Lzma,
    &compression::compress::Compress,
    &compression::zlib::Zlib,
];

/// The format called `name`.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.describe().name == name)
}
