key = cm9vdDp2ZXNwZXI0MWxhbnRlcm4=
